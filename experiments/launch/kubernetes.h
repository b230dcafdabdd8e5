// A launch on Kubernetes: a JobSet (jobset.x-k8s.io/v1alpha2) with one indexed job per run, one pod per host. Pure.
//
// The pods of a run share its folder through a persistent volume claim, find their rank in JOB_COMPLETION_INDEX, and publish
// their addresses in the folder. Exit codes decide: 75 and disruptions (preemption, drained nodes) restart a pod without being
// counted as failures; the codes that another try would not mend fail the job set; other failures are counted.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_KUBERNETES_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_KUBERNETES_H_

#include <nlohmann/json.hpp>
#include <string>

#include "experiments/launch/launch_request.h"

namespace evenkeel {

// The manifest as the API has it.
nlohmann::ordered_json JobSetManifest(const LaunchRequest& request);

// `value` as YAML: block style, every string quoted.
std::string RenderYaml(const nlohmann::ordered_json& value);

// Seconds without a sign of life after which a pod is restarted (RUN/heartbeats/RANK is touched every few seconds).
constexpr int kLivenessSeconds = 120;

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_KUBERNETES_H_
