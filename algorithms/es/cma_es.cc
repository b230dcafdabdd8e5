#include "algorithms/es/cma_es.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <eigen3/Eigen/Core>

#include "absl/strings/str_cat.h"
#include "common/crc32c.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

using Eigen::ArrayXd;

constexpr double kAveragedGenerations = 25, kAveragedShare = 0.25;
constexpr double kLeastVariance = 1e-20;

double Gaussian(Rng* rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng->Uniform()));
  return radius * std::cos(2 * M_PI * rng->Uniform());
}

// Ranks by cost, NaN last, ties in order.
std::vector<int> Ranking(absl::Span<const double> costs) {
  std::vector<int> order(costs.size());
  std::iota(order.begin(), order.end(), 0);
  const auto worth = [&](int i) { return std::isnan(costs[i]) ? HUGE_VAL : costs[i]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return worth(a) < worth(b); });
  return order;
}

void AppendNumbers(const double* values, size_t count, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(values), count * sizeof(double));
}

}  // namespace

// Names as in the tutorial, Table 1 and Eqs. 42-58; what is learned of the covariance is learned (n + 2) / 3 times as fast, as
// only n numbers of it are (Ros and Hansen 2008, section 4). The mean moves towards the better half of the candidates and away
// from the worse half, each at half weight.
struct CmaEs::State {
  State(const std::vector<double>& initial, double step, int population, uint64_t seed)
      : n(static_cast<int>(initial.size())), lambda(population), seed(seed), sigma(step) {
    mean = Eigen::Map<const ArrayXd>(initial.data(), n);
    const int mu = lambda / 2;
    weights.resize(mu);
    for (int i = 0; i < mu; ++i) weights[i] = std::log(mu + 0.5) - std::log(i + 1.0);
    weights /= weights.sum();
    mu_eff = 1 / weights.square().sum();
    move_eff = 2 * mu_eff;
    c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);
    c_sigma = (mu_eff + 2) / (n + mu_eff + 5);
    const double faster = (n + 2) / 3.0;
    c_1 = std::min(1.0, faster * 2 / ((n + 1.3) * (n + 1.3) + mu_eff));
    c_mu = std::min(1 - c_1, faster * 2 * (mu_eff - 2 + 1 / mu_eff) / ((n + 2.0) * (n + 2) + mu_eff));
    d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma;
    expected_norm = std::sqrt(n) * (1 - 1.0 / (4 * n) + 1.0 / (21.0 * n * n));
    average = mean;
    p_c = p_sigma = ArrayXd::Zero(n);
    variances = ArrayXd::Ones(n);
  }

  // Candidate k less the mean, over sigma.
  ArrayXd Offset(int k) const {
    Rng rng(seed, {kSearchStream, generation, static_cast<uint64_t>(k)});
    ArrayXd z(n);
    for (int i = 0; i < n; ++i) z[i] = Gaussian(&rng);
    return variances.sqrt() * z;
  }

  void Update(absl::Span<const double> costs) {
    const std::vector<int> order = Ranking(costs);
    ArrayXd move = ArrayXd::Zero(n), spread = ArrayXd::Zero(n);
    for (int i = 0; i < weights.size(); ++i) {
      const ArrayXd better = Offset(order[i]), worse = Offset(order[lambda - 1 - i]);
      move += weights[i] / 2 * (better - worse);
      spread += weights[i] * better.square();
    }
    mean += sigma * move;
    average += (mean - average) / std::min(generation + 1.0, std::max(kAveragedGenerations, kAveragedShare * generation));
    p_sigma = (1 - c_sigma) * p_sigma + std::sqrt(c_sigma * (2 - c_sigma) * move_eff) * move / variances.sqrt();
    ++generation;
    const double norm = p_sigma.matrix().norm();
    const bool steady = norm / std::sqrt(1 - std::pow(1 - c_sigma, 2.0 * generation)) / expected_norm < 1.4 + 2.0 / (n + 1);
    p_c = (1 - c_c) * p_c + (steady ? std::sqrt(c_c * (2 - c_c) * move_eff) : 0.0) * move;
    const double kept = steady ? 0 : c_1 * c_c * (2 - c_c);
    variances = ((1 - c_1 - c_mu + kept) * variances + c_1 * p_c.square() + c_mu * spread).max(kLeastVariance);
    sigma *= std::exp(c_sigma / d_sigma * (norm / expected_norm - 1));
  }

  // The numbers that change, in one order for Save and Restore.
  template <typename Visit>
  void VisitNumbers(Visit visit) {
    visit(&sigma, 1);
    for (ArrayXd* numbers : {&mean, &average, &p_c, &p_sigma, &variances}) visit(numbers->data(), n);
  }

  const int n;
  const int lambda;
  const uint64_t seed;
  ArrayXd weights;
  double mu_eff, move_eff, c_c, c_sigma, c_1, c_mu, d_sigma, expected_norm;

  uint64_t generation = 0;
  double sigma;
  ArrayXd mean, average, p_c, p_sigma;
  ArrayXd variances;  // the diagonal of the covariance
};

CmaEs::CmaEs(const std::vector<double>& initial, double step, int population, uint64_t seed)
    : state_(std::make_unique<State>(initial, step, population, seed)) {}

CmaEs::~CmaEs() = default;

std::vector<std::vector<double>> CmaEs::Candidates() const {
  std::vector<std::vector<double>> candidates;
  for (int k = 0; k < state_->lambda; ++k) {
    const ArrayXd point = state_->mean + state_->sigma * state_->Offset(k);
    candidates.emplace_back(point.data(), point.data() + point.size());
  }
  return candidates;
}

void CmaEs::Update(absl::Span<const double> costs) { state_->Update(costs); }

uint64_t CmaEs::generation() const { return state_->generation; }

std::vector<double> CmaEs::mean() const {
  return std::vector<double>(state_->mean.data(), state_->mean.data() + state_->n);
}

std::vector<double> CmaEs::average() const {
  return std::vector<double>(state_->average.data(), state_->average.data() + state_->n);
}

double CmaEs::step() const { return state_->sigma; }

// Layout: CRC-32C of the rest, dimensions, population, generation, numbers; all little endian.
std::string CmaEs::Save() const {
  std::string body;
  for (uint64_t header : {static_cast<uint64_t>(state_->n), static_cast<uint64_t>(state_->lambda), state_->generation}) {
    body.append(reinterpret_cast<const char*>(&header), sizeof(header));
  }
  state_->VisitNumbers([&body](const double* values, size_t count) { AppendNumbers(values, count, &body); });
  const uint32_t checksum = Crc32c(body);
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&checksum), sizeof(checksum)), body);
}

absl::Status CmaEs::Restore(const std::string& bytes) {
  constexpr size_t kHeader = sizeof(uint32_t) + 3 * sizeof(uint64_t);
  uint32_t checksum;
  uint64_t header[3];
  if (bytes.size() < kHeader) return absl::DataLossError("the state of the search is cut short");
  std::memcpy(&checksum, bytes.data(), sizeof(checksum));
  std::memcpy(header, bytes.data() + sizeof(checksum), sizeof(header));
  if (Crc32c(absl::string_view(bytes).substr(sizeof(checksum))) != checksum) {
    return absl::DataLossError("the state of the search is damaged: its checksum does not fit");
  }
  if (header[0] != static_cast<uint64_t>(state_->n) || header[1] != static_cast<uint64_t>(state_->lambda)) {
    return absl::InvalidArgumentError(absl::StrCat("the state is of a search over ", header[0], " parameters with ", header[1],
                                                   " candidates, expected ", state_->n, " and ", state_->lambda));
  }
  size_t expected = kHeader;
  state_->VisitNumbers([&expected](const double*, size_t count) { expected += count * sizeof(double); });
  if (bytes.size() != expected) {
    return absl::DataLossError(absl::StrCat("the state of the search has ", bytes.size(), " bytes, expected ", expected));
  }
  const char* from = bytes.data() + kHeader;
  state_->VisitNumbers([&from](double* values, size_t count) {
    std::memcpy(values, from, count * sizeof(double));
    from += count * sizeof(double);
  });
  state_->generation = header[2];
  return absl::OkStatus();
}

}  // namespace evenkeel
