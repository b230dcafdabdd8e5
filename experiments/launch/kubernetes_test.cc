#include "experiments/launch/kubernetes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

using json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::IsEmpty;

LaunchRequest Example() {
  LaunchRequest request;
  request.name = "quickstart";
  request.program = "/usr/bin/evenkeel";
  request.runs = {"/runs/a", "/runs/b"};
  request.hosts = 3;
  request.image = "registry/evenkeel:1";
  request.volume_claim = "runs";
  request.volume_path = "/runs";
  request.tls_secret = "evenkeel-tls";
  return request;
}

// What in `value` does not fit `form` (kubernetes_schema.json says how forms are written), by path.
void Check(const json& form, const json& value, const std::string& path, std::vector<std::string>* faults) {
  if (form.is_string()) {
    const std::string kind = form;
    const bool fits = kind == "string" ? value.is_string() : kind == "int" ? value.is_number_integer() : kind == "bool" ? value.is_boolean() : value.is_object();
    if (!fits) faults->push_back(path + " is no " + kind);
    return;
  }
  if (form.is_array()) {
    if (!value.is_array()) return faults->push_back(path + " is no list");
    for (size_t i = 0; i < value.size(); ++i) Check(form[0], value[i], absl::StrCat(path, "[", i, "]"), faults);
    return;
  }
  if (!value.is_object()) return faults->push_back(path + " is no object");
  for (const auto& [key, member] : value.items()) {
    const char* const found = form.contains(key) ? "" : form.contains(key + "!") ? "!" : nullptr;
    if (found == nullptr) {
      faults->push_back(path + "." + key + " is unknown");
    } else {
      Check(form[key + found], member, path + "." + key, faults);
    }
  }
  for (const auto& [key, member] : form.items()) {
    const std::string name = key.substr(0, key.size() - 1);
    if (key.back() == '!' && !value.contains(name)) faults->push_back(path + "." + name + " is missing");
  }
}

std::vector<std::string> Faults(const json& manifest) {
  const json schema = json::parse(ReadFile("experiments/launch/kubernetes_schema.json").value());
  std::vector<std::string> faults;
  Check(schema["JobSet"], manifest, "JobSet", &faults);
  return faults;
}

TEST(JobSetTest, FitsTheSchema) {
  EXPECT_THAT(Faults(JobSetManifest(Example())), IsEmpty());
  LaunchRequest alone = Example();
  alone.hosts = 1;
  alone.tls_secret = "";
  EXPECT_THAT(Faults(JobSetManifest(alone)), IsEmpty());
}

TEST(JobSetTest, TheSchemaCatchesMisspeltMissingAndMistypedMembers) {
  json manifest = JobSetManifest(Example());
  json& job = manifest["spec"]["replicatedJobs"][1]["template"]["spec"];
  job["paralelism"] = 3;
  job["completions"] = "3";
  job.erase("template");
  EXPECT_THAT(Faults(manifest), ElementsAre("JobSet.spec.replicatedJobs[1].template.spec.completions is no int",
                                            "JobSet.spec.replicatedJobs[1].template.spec.paralelism is unknown",
                                            "JobSet.spec.replicatedJobs[1].template.spec.template is missing"));
}

TEST(JobSetTest, EachRunIsAnIndexedJobOfAllItsHosts) {
  const json manifest = JobSetManifest(Example());
  ASSERT_EQ(manifest["spec"]["replicatedJobs"].size(), 2u);
  const json job = manifest["spec"]["replicatedJobs"][1]["template"]["spec"];
  EXPECT_EQ(job["completions"], 3);
  EXPECT_EQ(job["completionMode"], "Indexed");
  const json container = job["template"]["spec"]["containers"][0];
  EXPECT_EQ(container["command"], json({"/usr/bin/evenkeel", "serve", "auto", "--run", "/runs/b"}));
  EXPECT_EQ(container["env"][0]["value"], "3");
}

TEST(JobSetTest, ExitCodesAndDisruptionsDecideWhetherAPodCountsAsFailed) {
  const json rules =
      JobSetManifest(Example())["spec"]["replicatedJobs"][0]["template"]["spec"]["podFailurePolicy"]["rules"];
  EXPECT_EQ(rules[0]["action"], "Ignore");
  EXPECT_EQ(rules[0]["onExitCodes"]["values"], json({75}));
  EXPECT_EQ(rules[1]["onPodConditions"][0]["type"], "DisruptionTarget");
  EXPECT_EQ(rules[2]["action"], "FailJob");
}

TEST(YamlTest, BlocksAreIndentedAndStringsQuoted) {
  const json value = {{"a", {{"b", json::array({1, "x: y", {{"c", true}, {"d", json::array()}}})}}}, {"e", "f\"g"}};
  EXPECT_EQ(RenderYaml(value),
            "a:\n"
            "  b:\n"
            "    - 1\n"
            "    - \"x: y\"\n"
            "    -\n"
            "      c: true\n"
            "      d: []\n"
            "e: \"f\\\"g\"\n");
}

}  // namespace
}  // namespace evenkeel
