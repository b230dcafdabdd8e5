#include "experiments/progress_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace evenkeel {
namespace {

constexpr int kBarWidth = 24;
constexpr size_t kRecentKept = 8;  // rounds that the time left is judged by

uint64_t EpisodesAfter(const nlohmann::json& episode) {
  return static_cast<uint64_t>(NumberOr(episode, "episode", 0)) + 1;
}

std::string Milliseconds(const nlohmann::json& episode, const std::string& name) {
  const double seconds = NumberOr(episode, name, std::nan(""));
  return std::isnan(seconds) ? "-" : absl::StrFormat("%.4g", seconds * 1e3);
}

}  // namespace

std::string ShortDuration(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(duration + absl::Milliseconds(500)));
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
}

ProgressView::ProgressView(ProgressViewOptions options, std::ostream* out, Clock* clock)
    : options_(std::move(options)),
      out_(out),
      clock_(clock),
      metrics_(options_.run_folder + "/metrics.jsonl"),
      learner_(options_.run_folder + "/learner.jsonl") {
  for (const nlohmann::json& episode : metrics_.Next()) {
    episodes_done_ = std::max(episodes_done_, EpisodesAfter(episode));
  }
  episodes_seen_ = episodes_done_;
  recent_.emplace_back(clock_->Now(), episodes_done_);
}

void ProgressView::ReadUpdates() {
  for (const nlohmann::json& round : learner_.Next()) {
    updates_ = NumberOr(round, "updates", updates_);
    loss_ = NumberOr(round, "loss", loss_);
  }
}

void ProgressView::Update() {
  ReadUpdates();
  const std::vector<nlohmann::json> episodes = metrics_.Next();
  for (const nlohmann::json& episode : episodes)
    episodes_seen_ = std::max(episodes_seen_, EpisodesAfter(episode));
  if (episodes_seen_ > recent_.back().second) recent_.emplace_back(clock_->Now(), episodes_seen_);
  if (recent_.size() > kRecentKept) recent_.pop_front();
  for (const nlohmann::json& episode : episodes) TakeEpisode(episode);
  if (options_.terminal) DrawBar();
  out_->flush();
}

void ProgressView::TakeEpisode(const nlohmann::json& episode) {
  const uint64_t done = EpisodesAfter(episode);
  if (done <= episodes_done_) return;
  episodes_done_ = done;
  last_ = Describe(episode);
  if (options_.terminal) return;
  *out_ << "ep " << episodes_done_ << "/" << options_.episodes << "  " << last_ << "  ETA " << TimeLeft()
        << "\n";
}

std::string ProgressView::Describe(const nlohmann::json& episode) const {
  std::string text =
      absl::StrFormat("reward %.4g  jct mean %s p90 %s p99 %s ms  rejected %.0f",
                      NumberOr(episode, "reward_mean", std::nan("")), Milliseconds(episode, "jct_mean_s"),
                      Milliseconds(episode, "jct_p90_s"), Milliseconds(episode, "jct_p99_s"),
                      NumberOr(episode, "flows_rejected", 0));
  const double missed = NumberOr(episode, "missed_steps", 0);
  if (missed > 0) absl::StrAppendFormat(&text, "  missed steps %.0f", missed);
  if (options_.updates == 0) return text;
  absl::StrAppendFormat(&text, "  policy v%.0f", NumberOr(episode, "policy_version", 0));
  if (loss_ >= 0) absl::StrAppendFormat(&text, "  loss %.4g", loss_);
  absl::StrAppendFormat(&text, "  updates %.0f/%d", updates_, options_.updates);
  return text;
}

std::string ProgressView::TimeLeft() const {
  const auto& [since, done_then] = recent_.front();
  const auto& [now, done_now] = recent_.back();
  if (done_now <= done_then) return "-";
  const absl::Duration per_episode = (now - since) / static_cast<int64_t>(done_now - done_then);
  const uint64_t left = options_.episodes - std::min(options_.episodes, episodes_done_);
  return ShortDuration(per_episode * static_cast<int64_t>(left));
}

void ProgressView::DrawBar() {
  const double share = options_.episodes == 0 ? 0 : static_cast<double>(episodes_done_) / options_.episodes;
  const int filled = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  *out_ << "\r\033[K[" << std::string(filled, '#') << std::string(kBarWidth - filled, '.') << "] "
        << episodes_done_ << "/" << options_.episodes << "  ETA " << TimeLeft() << "  " << last_;
  bar_shown_ = true;
}

void ProgressView::Clear() {
  if (bar_shown_) *out_ << "\r\033[K" << std::flush;
  bar_shown_ = false;
}

}  // namespace evenkeel
