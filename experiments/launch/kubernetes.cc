#include "experiments/launch/kubernetes.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

using json = nlohmann::ordered_json;

constexpr char kContainer[] = "evenkeel";
constexpr char kTlsPath[] = "/etc/evenkeel/tls";
constexpr int kGraceSeconds = 120;  // for the learner to write its checkpoint after SIGTERM

json Probe(const std::string& script, int period, int failures) {
  return {{"exec", {{"command", {"sh", "-c", script}}}}, {"periodSeconds", period}, {"failureThreshold", failures}};
}

json Container(const LaunchRequest& request, const std::string& run) {
  const std::string heartbeat = absl::StrCat("\"", run, "/heartbeats/$JOB_COMPLETION_INDEX\"");
  json container = {{"name", kContainer},
                    {"image", request.image},
                    {"command", {request.program, "serve", "auto", "--run", run}},
                    {"env", json::array({{{"name", "EVENKEEL_HOSTS"}, {"value", absl::StrCat(request.hosts)}}})}};
  container["startupProbe"] = Probe(absl::StrCat("test -e ", heartbeat), 5, 60);
  container["livenessProbe"] = Probe(
      absl::StrCat("test $(( $(date +%s) - $(stat -c %Y ", heartbeat, ") )) -lt ", kLivenessSeconds), 20, 3);
  container["volumeMounts"] = json::array({{{"name", "runs"}, {"mountPath", request.volume_path}}});
  if (!request.tls_secret.empty()) {
    container["env"].push_back({{"name", "EVENKEEL_TLS"}, {"value", kTlsPath}});
    container["volumeMounts"].push_back({{"name", "tls"}, {"mountPath", kTlsPath}, {"readOnly", true}});
  }
  return container;
}

json PodTemplate(const LaunchRequest& request, const std::string& run) {
  json volumes = json::array({{{"name", "runs"}, {"persistentVolumeClaim", {{"claimName", request.volume_claim}}}}});
  if (!request.tls_secret.empty()) {
    volumes.push_back({{"name", "tls"}, {"secret", {{"secretName", request.tls_secret}, {"defaultMode", 0400}}}});
  }
  return {{"spec",
           {{"restartPolicy", "Never"},
            {"terminationGracePeriodSeconds", kGraceSeconds},
            {"containers", json::array({Container(request, run)})},
            {"volumes", volumes}}}};
}

json FailurePolicy() {
  const auto on_exit = [](const char* action, json values) -> json {
    return {{"action", action},
            {"onExitCodes", {{"containerName", kContainer}, {"operator", "In"}, {"values", std::move(values)}}}};
  };
  json final_codes = json::array();
  for (int code : kFinalExitCodes) final_codes.push_back(code);
  json disruption = {{"action", "Ignore"},
                     {"onPodConditions", json::array({{{"type", "DisruptionTarget"}, {"status", "True"}}})}};
  return {{"rules", json::array({on_exit("Ignore", {kPreemptedExitCode}), disruption, on_exit("FailJob", final_codes)})}};
}

json ReplicatedJob(const LaunchRequest& request, size_t index) {
  return {{"name", absl::StrCat("run-", index)},
          {"replicas", 1},
          {"template",
           {{"spec",
             {{"parallelism", request.hosts},
              {"completions", request.hosts},
              {"completionMode", "Indexed"},
              {"backoffLimit", request.max_requeues * request.hosts},
              {"podFailurePolicy", FailurePolicy()},
              {"template", PodTemplate(request, request.runs[index])}}}}}};
}

void AppendYaml(const json& value, int indent, std::string* out);

// After "key:" or "-": a scalar goes on the line, a block below it.
void AppendValue(const json& value, int indent, std::string* out) {
  const bool block = value.is_structured() && !value.empty();
  if (!block) {
    absl::StrAppend(out, " ", value.dump(), "\n");
    return;
  }
  absl::StrAppend(out, "\n");
  AppendYaml(value, indent, out);
}

// YAML takes JSON's scalars, strings in double quotes included.
void AppendYaml(const json& value, int indent, std::string* out) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      absl::StrAppend(out, margin, key, ":");
      AppendValue(member, indent + 2, out);
    }
    return;
  }
  for (const json& element : value) {
    absl::StrAppend(out, margin, "-");
    AppendValue(element, indent + 2, out);
  }
}

}  // namespace

json JobSetManifest(const LaunchRequest& request) {
  json jobs = json::array();
  for (size_t index = 0; index < request.runs.size(); ++index) jobs.push_back(ReplicatedJob(request, index));
  return {{"apiVersion", "jobset.x-k8s.io/v1alpha2"},
          {"kind", "JobSet"},
          {"metadata", {{"name", request.name}}},
          {"spec",
           {{"network", {{"enableDNSHostnames", true}}},
            {"failurePolicy", {{"maxRestarts", request.max_requeues}}},
            {"replicatedJobs", jobs}}}};
}

std::string RenderYaml(const json& value) {
  std::string text;
  if (value.is_structured() && !value.empty()) {
    AppendYaml(value, 0, &text);
  } else {
    absl::StrAppend(&text, value.dump(), "\n");
  }
  return text;
}

}  // namespace evenkeel
