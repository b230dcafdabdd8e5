#include "lb_shim/paper_worlds.h"

#include <string>

namespace evenkeel {
namespace {

// `throughput`: of all vCPUs together; one flow alone runs at speed 1.
void AddGroup(int count, int vcpus, double throughput, v1::Topology* topology) {
  v1::ServerGroup* group = topology->add_servers();
  group->set_count(count);
  group->set_vcpus(vcpus);
  for (int busy = 1; busy < throughput; ++busy) group->add_speed_table(busy);
  group->add_speed_table(throughput);
}

void AddClass(const std::string& name, double share, double mean_s, v1::Workload* workload) {
  v1::FlowClass* flow_class = workload->add_classes();
  flow_class->set_name(name);
  flow_class->set_share(share);
  flow_class->mutable_exponential()->set_mean_seconds(mean_s);
}

v1::Experiment WithAgent() {
  v1::Experiment experiment;
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  experiment.mutable_agent()->set_reservoir_samples(128);
  experiment.mutable_agent()->set_reservoir_probability(1);
  experiment.mutable_agent()->set_duration_decay_per_second(0.9);
  return experiment;
}

}  // namespace

v1::Experiment ModerateExperiment() {
  v1::Experiment experiment = WithAgent();
  experiment.mutable_topology()->set_lbs(2);
  AddGroup(4, 2, 2, experiment.mutable_topology());
  AddGroup(3, 4, 4, experiment.mutable_topology());
  experiment.mutable_workload()->set_flows_per_second(690.9);
  AddClass("wiki", 0.433, 0.052, experiment.mutable_workload());
  AddClass("static", 0.567, 0.0017, experiment.mutable_workload());
  return experiment;
}

v1::Experiment LargeExperiment() {
  v1::Experiment experiment = WithAgent();
  experiment.mutable_topology()->set_lbs(6);
  AddGroup(12, 4, 4 * 0.83, experiment.mutable_topology());
  AddGroup(12, 8, 8 * 0.83, experiment.mutable_topology());
  experiment.mutable_workload()->set_flows_per_second(398.5);
  AddClass("for-loop", 1, 0.265, experiment.mutable_workload());
  return experiment;
}

}  // namespace evenkeel
