#include "common/observation_features.h"

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

struct Column {
  const char* name;
  const google::protobuf::RepeatedField<float>& (v1::Observation::*values)() const;
};

constexpr Column kColumns[kFeatures] = {
    {"open_flows", &v1::Observation::open_flows},
    {"flow_duration_mean", &v1::Observation::flow_duration_mean},
    {"flow_duration_p90", &v1::Observation::flow_duration_p90},
    {"flow_duration_std", &v1::Observation::flow_duration_std},
    {"flow_duration_mean_decayed", &v1::Observation::flow_duration_mean_decayed},
    {"flow_duration_p90_decayed", &v1::Observation::flow_duration_p90_decayed},
    {"mean_open_flows", &v1::Observation::mean_open_flows},
    {"flows_sent", &v1::Observation::flows_sent},
    {"flows_finished", &v1::Observation::flows_finished},
    {"flow_duration_sum", &v1::Observation::flow_duration_sum},
    {"others_open_flows", &v1::Observation::others_open_flows},
    {"available", &v1::Observation::available},
};

}  // namespace

absl::Status PackFeatures(const v1::Observation& observation, int servers, float* out) {
  for (int f = 0; f < kFeatures; ++f) {
    const auto& values = (observation.*kColumns[f].values)();
    if (f == kOthersOpenFlows && values.empty()) {
      for (int j = 0; j < servers; ++j) out[j * kFeatures + f] = 0;
      continue;
    }
    if (values.size() != servers) {
      return absl::InvalidArgumentError(absl::StrCat("observation: field ", kColumns[f].name, " has ",
                                                     values.size(), " entries, expected one for each of ",
                                                     servers, " servers"));
    }
    for (int j = 0; j < servers; ++j) out[j * kFeatures + f] = values.Get(j);
  }
  return absl::OkStatus();
}

}  // namespace evenkeel
