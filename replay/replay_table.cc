#include "replay/replay_table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "replay/selectors/make_selector.h"

namespace evenkeel {
namespace {

// A key is the episode's number, then the item's index among its items: an episode has at most 2^20 steps.
constexpr int kIndexBits = 20;

uint64_t Key(uint64_t number, uint64_t index) { return number << kIndexBits | index; }
uint64_t NumberOf(uint64_t key) { return key >> kIndexBits; }
uint64_t IndexOf(uint64_t key) { return key & ((uint64_t{1} << kIndexBits) - 1); }

// The first key that is not of an episode below `before`.
uint64_t EndKey(uint64_t before) { return before == 0 ? std::numeric_limits<uint64_t>::max() : Key(before, 0); }

bool GoesByPriority(v1::ReplayTable::Selector kind) {
  return kind == v1::ReplayTable::PRIORITISED || kind == v1::ReplayTable::MAX_HEAP ||
         kind == v1::ReplayTable::MIN_HEAP;
}

absl::Status Wrong(const v1::ReplayTable& options, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("replay.tables: table \"", options.name(), "\": ", what));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayTable>> ReplayTable::Create(const v1::ReplayTable& options,
                                                                 uint64_t restored_episodes) {
  RateLimiterOptions limits;
  if (options.has_min_episodes()) limits.min_episodes = options.min_episodes();
  if (options.has_samples_slack()) limits.slack = options.samples_slack();
  limits.samples_per_insert = options.samples_per_insert();
  const absl::Status limited = RateLimiter::Check(limits);
  if (!limited.ok()) return Wrong(options, limited.message());
  auto sampler = MakeSelector(options.sampler());
  // UNSET means FIFO here, UNIFORM there.
  auto remover = MakeSelector(options.remover() == v1::ReplayTable::UNSET ? v1::ReplayTable::FIFO : options.remover());
  if (sampler == nullptr || remover == nullptr) return Wrong(options, "this build does not know its selector");
  if (options.sequence_steps() > 0 && options.sequence_overlap() >= options.sequence_steps()) {
    return Wrong(options, "sequence_overlap is not less than sequence_steps");
  }
  if (options.capacity_episodes() > 0 && options.capacity_episodes() < limits.min_episodes) {
    return Wrong(options, "capacity_episodes is less than min_episodes: nothing could ever be drawn");
  }
  return std::unique_ptr<ReplayTable>(
      new ReplayTable(options, limits, restored_episodes, std::move(sampler), std::move(remover)));
}

ReplayTable::ReplayTable(const v1::ReplayTable& options, const RateLimiterOptions& limits, uint64_t restored_episodes,
                         std::unique_ptr<const Selector> sampler, std::unique_ptr<const Selector> remover)
    : options_(options),
      sampler_(std::move(sampler)),
      remover_(std::move(remover)),
      limiter_(limits, restored_episodes) {}

bool ReplayTable::keeps_records() const {
  return GoesByPriority(options_.sampler()) || GoesByPriority(options_.remover()) ||
         options_.capacity_episodes() > 0 || options_.max_times_sampled() > 0;
}

std::vector<Stretch> ReplayTable::Stretches(uint32_t steps) const {
  return CutIntoStretches(steps, options_.sequence_steps(), options_.sequence_overlap());
}

double ReplayTable::Weight(double priority) const {
  return std::pow(priority, options_.has_priority_exponent() ? options_.priority_exponent() : 0.6);
}

v1::ItemsRecord ReplayTable::NewRecord(uint32_t steps) const {
  v1::ItemsRecord record;
  for (size_t i = Stretches(steps).size(); i > 0; --i) {
    record.add_priority(highest_priority_);
    record.add_times_sampled(0);
    record.add_gone(false);
  }
  return record;
}

absl::Status ReplayTable::CheckRecord(uint32_t steps, const v1::ItemsRecord& record) const {
  const int expected = static_cast<int>(Stretches(steps).size());
  if (record.priority_size() != expected || record.times_sampled_size() != expected || record.gone_size() != expected) {
    return absl::InvalidArgumentError(absl::StrCat("expected the state of ", expected, " items, found ",
                                                   record.priority_size(), " priorities, ", record.times_sampled_size(),
                                                   " counts and ", record.gone_size(), " marks"));
  }
  for (double priority : record.priority()) {
    if (!(priority >= 0) || !std::isfinite(Weight(priority))) {
      return absl::InvalidArgumentError(absl::StrCat("found the priority ", priority));
    }
  }
  return absl::OkStatus();
}

void ReplayTable::Insert(uint64_t number, uint32_t steps, const v1::ItemsRecord& record) {
  Entry entry{steps, 0, {}};
  for (int i = 0; i < record.priority_size(); ++i) {
    entry.items.push_back({record.priority(i), record.times_sampled(i), record.gone(i)});
    if (record.gone(i)) continue;
    ++entry.present;
    tree_.Set({Key(number, i), record.priority(i), Weight(record.priority(i))});
  }
  if (entry.present == 0) return;
  items_ += entry.items.size();
  episodes_.emplace(number, std::move(entry));
}

v1::ItemsRecord ReplayTable::Record(const Entry& entry) {
  v1::ItemsRecord record;
  for (const Item& item : entry.items) {
    record.add_priority(item.priority);
    record.add_times_sampled(item.times_sampled);
    record.add_gone(item.gone);
  }
  return record;
}

void ReplayTable::Remove(Entries::iterator entry, uint64_t index) {
  Item& item = entry->second.items[index];
  if (item.gone) return;
  item.gone = true;
  --entry->second.present;
  tree_.Erase(Key(entry->first, index));
}

ReplayTable::Records ReplayTable::RemoveBeyondCapacity() {
  Records removed;
  while (options_.capacity_episodes() > 0 && episodes_.size() > options_.capacity_episodes()) {
    // Any seed that the content determines keeps a run repeatable; the newest number changes with each insert.
    const uint64_t seed = episodes_.rbegin()->first;
    const auto entry = episodes_.find(NumberOf(remover_->Select(tree_, EndKey(0), 1, seed)[0].key));
    for (uint64_t index = 0; index < entry->second.items.size(); ++index) Remove(entry, index);
    removed.emplace_back(entry->first, Record(entry->second));
    items_ -= entry->second.items.size();
    episodes_.erase(entry);
  }
  return removed;
}

void ReplayTable::EraseBelow(uint64_t number) {
  while (!episodes_.empty() && episodes_.begin()->first < number) {
    const auto entry = episodes_.begin();
    for (uint64_t index = 0; index < entry->second.items.size(); ++index) Remove(entry, index);
    items_ -= entry->second.items.size();
    episodes_.erase(entry);
  }
}

uint64_t ReplayTable::ItemsBelow(uint64_t before) const { return tree_.CountBelow(EndKey(before)); }

uint64_t ReplayTable::EpisodesBelow(uint64_t before) const {
  if (before == 0) return episodes_.size();
  if (!cuts_sequences()) return ItemsBelow(before);
  return static_cast<uint64_t>(std::distance(episodes_.begin(), episodes_.lower_bound(before)));
}

void ReplayTable::CountDraw(uint64_t key, Drawn* drawn, Records* changed) {
  const auto entry = episodes_.find(NumberOf(key));
  const uint64_t index = IndexOf(key);
  Item& item = entry->second.items[index];
  if (cuts_sequences()) drawn->stretch = Stretches(entry->second.steps)[index];
  drawn->priority = item.priority;
  drawn->times_sampled = ++item.times_sampled;
  if (options_.max_times_sampled() == 0) return;
  if (item.times_sampled >= options_.max_times_sampled()) Remove(entry, index);
  changed->emplace_back(entry->first, Record(entry->second));
}

std::vector<ReplayTable::Drawn> ReplayTable::Draw(uint64_t count, uint64_t before, uint64_t seed, Records* changed) {
  std::vector<Drawn> drawn;
  drawn.reserve(count);
  for (const Selected& one : sampler_->Select(tree_, EndKey(before), count, seed)) {
    drawn.push_back({one.key, NumberOf(one.key), {}, one.probability, 0, 0});
    CountDraw(one.key, &drawn.back(), changed);
  }
  // Only now: a draw with replacement may name an item again after its last draw.
  for (const auto& [number, record] : *changed) {
    const auto entry = episodes_.find(number);
    if (entry == episodes_.end() || entry->second.present > 0) continue;
    items_ -= entry->second.items.size();
    episodes_.erase(entry);
  }
  limiter_.Drew(count);
  return drawn;
}

absl::StatusOr<uint64_t> ReplayTable::UpdatePriorities(const v1::UpdatePrioritiesRequest& request, Records* changed) {
  for (const v1::ItemPriority& one : request.priorities()) {
    if (one.priority() >= 0 && std::isfinite(Weight(one.priority())) && std::isfinite(one.priority())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("table ", name(), ": item ", one.key(), ": expected a priority of at least 0, small enough for ",
                     "priority_exponent, found ", one.priority()));
  }
  uint64_t updated = 0;
  std::map<uint64_t, const Entry*> touched;
  for (const v1::ItemPriority& one : request.priorities()) {
    const auto entry = episodes_.find(NumberOf(one.key()));
    const uint64_t index = IndexOf(one.key());
    if (entry == episodes_.end() || index >= entry->second.items.size() || entry->second.items[index].gone) continue;
    entry->second.items[index].priority = one.priority();
    tree_.Set({one.key(), one.priority(), Weight(one.priority())});
    highest_priority_ = std::max(highest_priority_, one.priority());
    touched[entry->first] = &entry->second;
    ++updated;
  }
  for (const auto& [number, entry] : touched) changed->emplace_back(number, Record(*entry));
  return updated;
}

uint64_t ReplayTable::bytes() const {
  constexpr uint64_t kMapNode = 48;  // links and colour of libstdc++'s std::map, and the allocation's head
  return tree_.bytes() + episodes_.size() * (sizeof(Entries::value_type) + kMapNode) + items_ * sizeof(Item);
}

}  // namespace evenkeel
