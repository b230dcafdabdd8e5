#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/es/es.h"
#include "algorithms/es/es_controls.h"
#include "algorithms/es/es_knots.h"
#include "algorithms/es/es_network.h"
#include "algorithms/parameters.h"
#include "algorithms/server_features.h"
#include "common/observation_features.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr char kAlgorithm[] = "es";

absl::StatusOr<int> Hidden(const v1::Experiment& experiment) {
  const v1::Es& es = experiment.algorithm().es();
  if (es.has_hidden() && es.hidden() <= EsNetwork::kMostHidden) return static_cast<int>(es.hidden());
  return absl::InvalidArgumentError(absl::StrCat("algorithm.es.hidden is ", es.hidden(), ", expected 0 to ", EsNetwork::kMostHidden));
}

ParameterLayout Layout(int parameters) { return ParameterLayout({{"es.parameters", {parameters}, 0}}); }

v1::PolicyShape Shape(int hidden) {
  v1::PolicyShape shape;
  shape.set_features(kServerInputs);
  shape.set_hidden(hidden);
  shape.set_network(v1::Network::SHARED);
  return shape;
}

std::vector<float> Floats(absl::Span<const double> point) { return std::vector<float>(point.begin(), point.end()); }

class EsPolicy : public Policy {
 public:
  // `initial`: parameters at `knots`.
  EsPolicy(const PolicyContext& context, int hidden, const EsKnots& knots, absl::Span<const double> initial)
      : context_(context),
        hidden_(hidden),
        exchange_(context.experiment->agent().exchange()),
        raw_(context.servers * kFeatures) {
    SetNetwork(knots, Floats(initial));
  }

  void BeginRound(const RoundContext& round) override {
    worlds_.clear();
    for (int w = 0; w < round.worlds; ++w) worlds_.emplace_back(context_, *network_, exchange_);
  }

  absl::Status Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) override {
    for (size_t w = 0; w < observations.size(); ++w) EK_RETURN_IF_ERROR(ActIn(&worlds_[w], *observations[w], &actions[w]));
    return absl::OkStatus();
  }

  absl::Status Load(const v1::PolicyParameters& parameters) override {
    EK_RETURN_IF_ERROR(CheckShape(parameters, kAlgorithm, Shape(hidden_)));
    EK_ASSIGN_OR_RETURN(const std::vector<float> values, EsParameters(parameters));
    EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(parameters.settings().es()));
    SetNetwork(knots, values);
    version_ = parameters.version();
    return absl::OkStatus();
  }

  uint64_t version() const override { return version_; }

 private:
  void SetNetwork(const EsKnots& knots, const std::vector<float>& parameters) {
    network_ = std::make_unique<EsNetwork>(hidden_, context_.agents, context_.servers,
                                           knots.At(hidden_, context_.agents, context_.servers, parameters));
  }

  absl::Status ActIn(EsControls* world, const v1::Observation& observation, v1::Action* action) {
    EK_RETURN_IF_ERROR(PackFeatures(observation, context_.servers, raw_.data()));
    for (float value : raw_) {
      if (!std::isfinite(value) || value < 0) {
        return absl::InvalidArgumentError(absl::StrCat("the observation holds ", value, ", expected a number >= 0"));
      }
    }
    if (!(observation.others_age_seconds() >= 0) || std::isinf(observation.others_age_seconds())) {
      return absl::InvalidArgumentError(absl::StrCat("observation.others_age_seconds is ", observation.others_age_seconds(),
                                                     ", expected a number >= 0"));
    }
    world->Step(*network_, raw_.data(), observation.others_age_seconds());
    Write(*world, action);
    return absl::OkStatus();
  }

  void Write(const EsControls& world, v1::Action* action) const {
    action->clear_levels();
    v1::Controls* controls = action->mutable_controls();
    controls->set_mode(v1::SHORTEST_EXPECTED_DELAY);
    controls->set_exchange_gain(world.exchange_gain());
    controls->set_exchange_smoothing(exchange_ ? network_->exchange_smoothing() : 0);
    controls->set_exchange_fresh_gain(exchange_ ? network_->exchange_fresh_gain() : 0);
    controls->set_exchange_fresh_seconds(exchange_ ? network_->exchange_fresh_seconds() : 0);
    auto* servers = controls->mutable_servers();
    while (servers->size() < context_.servers) servers->Add();
    for (int j = 0; j < context_.servers; ++j) {
      servers->Mutable(j)->set_weight(world.weights()[j]);
      servers->Mutable(j)->set_bias(world.biases()[j]);
    }
  }

  const PolicyContext context_;
  const int hidden_;
  const bool exchange_;
  std::unique_ptr<EsNetwork> network_;
  uint64_t version_ = 0;
  std::vector<EsControls> worlds_;
  std::vector<float> raw_;  // scratch of ActIn
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeEsPolicy(const PolicyContext& context) {
  EK_ASSIGN_OR_RETURN(const int hidden, Hidden(*context.experiment));
  if (context.servers < 1 || context.nominal_weights.size() != static_cast<size_t>(context.servers)) {
    return absl::InvalidArgumentError(absl::StrCat(context.nominal_weights.size(), " nominal weights for ", context.servers,
                                                   " servers: expected one each"));
  }
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(context.experiment->algorithm().es()));
  EK_ASSIGN_OR_RETURN(const std::vector<double> initial, InitialEsParameters(*context.experiment));
  return std::make_unique<EsPolicy>(context, hidden, knots, initial);
}

absl::StatusOr<std::vector<float>> EsParameters(const v1::PolicyParameters& parameters) {
  const uint32_t hidden = parameters.shape().hidden();
  if (hidden > EsNetwork::kMostHidden) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", hidden, " hidden units, expected 0 to ", EsNetwork::kMostHidden));
  }
  EK_RETURN_IF_ERROR(CheckShape(parameters, kAlgorithm, Shape(static_cast<int>(hidden))));
  EK_RETURN_IF_ERROR(CheckSeal(parameters));
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(parameters.settings().es()));
  std::vector<float> values(knots.Parameters(static_cast<int>(hidden)));
  EK_RETURN_IF_ERROR(ReadTensors(parameters, Layout(knots.Parameters(static_cast<int>(hidden))), "", absl::MakeSpan(values)));
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("es.parameters holds a number that is not finite");
  }
  return values;
}

absl::StatusOr<std::vector<double>> InitialEsParameters(const v1::Experiment& experiment) {
  EK_ASSIGN_OR_RETURN(const int hidden, Hidden(experiment));
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(experiment.algorithm().es()));
  const auto& given = experiment.algorithm().es().initial_parameters();
  if (given.empty()) return knots.Take(hidden, EsKnots(), EsNetwork::Initial(hidden, experiment.agent().exchange(), experiment.seed()));
  if (given.size() != knots.Parameters(hidden)) {
    return absl::InvalidArgumentError(absl::StrCat("algorithm.es.initial_parameters has ", given.size(), " numbers, expected ",
                                                   knots.Parameters(hidden), ", or a file in algorithm.es.initial_policy"));
  }
  return std::vector<double>(given.begin(), given.end());
}

absl::StatusOr<std::vector<double>> EsParametersFrom(const v1::Experiment& experiment, const v1::PolicyParameters& other) {
  EK_ASSIGN_OR_RETURN(const int hidden, Hidden(experiment));
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(experiment.algorithm().es()));
  EK_ASSIGN_OR_RETURN(const std::vector<float> parameters, EsParameters(other));
  EK_ASSIGN_OR_RETURN(const EsKnots other_knots, EsKnots::Create(other.settings().es()));
  if (static_cast<int>(other.shape().hidden()) != hidden) {
    return absl::InvalidArgumentError(absl::StrCat("it has ", other.shape().hidden(), " hidden units, expected ", hidden));
  }
  if (other.agent().exchange() != experiment.agent().exchange()) {
    return absl::InvalidArgumentError(other.agent().exchange() ? "it acts with exchange, and what is searched without"
                                                               : "it acts without exchange, and what is searched with it");
  }
  if (knots.empty() && !other_knots.empty()) {
    return absl::InvalidArgumentError("it was searched at knots, and algorithm.es.lbs_knots is empty");
  }
  return knots.Take(hidden, other_knots, std::vector<double>(parameters.begin(), parameters.end()));
}

v1::PolicyParameters MakeEsPolicyParameters(const v1::Experiment& experiment, absl::Span<const double> point,
                                            uint64_t version) {
  const int hidden = static_cast<int>(experiment.algorithm().es().hidden());
  v1::PolicyParameters parameters;
  parameters.set_algorithm(kAlgorithm);
  parameters.set_version(version);
  *parameters.mutable_shape() = Shape(hidden);
  *parameters.mutable_agent() = experiment.agent();
  *parameters.mutable_settings() = experiment.algorithm();
  parameters.mutable_settings()->mutable_es()->clear_initial_parameters();
  AppendTensors(Layout(static_cast<int>(point.size())), "", Floats(point), &parameters);
  Seal(&parameters);
  return parameters;
}

}  // namespace evenkeel
