#include "replay/replay_benchmark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "replay/experience_store_slow_disk.h"
#include "replay/replay_tables.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

// ---- sampling ----
constexpr uint64_t kStored = 300;
constexpr uint32_t kBatch = 12;
constexpr uint64_t kBatches = 2000;

// ---- inserting ----
constexpr int kInsertRounds = 7;
constexpr uint64_t kInserts = 1000;

// ---- group commit ----
constexpr int kSyncRounds = 5;
constexpr uint64_t kWriters = 16;
constexpr uint64_t kSyncsAlone = 250;
constexpr uint64_t kSyncsEach = 250;
constexpr absl::Duration kSlowSync = absl::Milliseconds(1);

// ---- memory ----
constexpr double kInsertsPerSecond = 100;
constexpr uint64_t kInsertsPerBatch = 10;
constexpr uint64_t kMemoryEpisodes = 2000;
constexpr uint32_t kStretchSteps = 64;  // of an episode's 256: a whole one is 4 items
// As in replay_memory_test.cc: a node of each item's table's tree and its state, with the room that a vector grows ahead; 4
// stretches and 1 whole.
constexpr uint64_t kIndexBytesPerEpisode = 5 * (2 * 96 + 24) + 2 * 128;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// 4 LBs, 6 features.
v1::Episode MakeEpisode(uint64_t number, uint32_t steps, uint32_t servers) {
  constexpr uint32_t kAgents = 4, kFeatures = 6;
  const uint64_t seen = uint64_t{kAgents} * servers;
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(steps);
  episode.set_agents(kAgents);
  episode.set_servers(servers);
  episode.set_features(kFeatures);
  episode.set_observations(std::string((steps + 1) * seen * kFeatures * sizeof(float), '\x01'));
  episode.set_levels(std::string(steps * seen, '\x01'));
  episode.set_weights(std::string(steps * seen * sizeof(float), '\x01'));
  episode.set_rewards(std::string(steps * sizeof(float), '\x01'));
  episode.set_mask(std::string(uint64_t{steps} * kAgents, '\x01'));
  return episode;
}

v1::Episode LargeEpisode(uint64_t number) { return MakeEpisode(number, 256, 8); }  // 240 KB
v1::Episode SmallEpisode(uint64_t number) { return MakeEpisode(number, 1, 4); }  // about 1 KB

// A folder of this benchmark's own, removed with it.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_((fs::temp_directory_path() / absl::StrCat("evenkeel_bench_replay_", ::getpid(), "_", name)).string()) {
    Clear();
  }
  Folder(const Folder&) = delete;
  ~Folder() { Clear(); }

  const std::string& path() const { return path_; }

 private:
  void Clear() {
    std::error_code error;
    fs::remove_all(path_, error);
  }

  const std::string path_;
};

// `env`, for tests and for the slow disk below, is RocksDB's own where null.
absl::StatusOr<std::unique_ptr<ExperienceStore>> OpenStore(const Folder& folder, bool sync, rocksdb::Env* env = nullptr) {
  ExperienceStoreOptions options;
  options.path = folder.path();
  options.run_id = "bench";
  options.capacity_episodes = 1 << 20;
  options.sync = sync;
  options.env = env;
  return ExperienceStore::Open(options);
}

char* Copy(const std::string& column, char* to) { return std::copy(column.begin(), column.end(), to); }

void CopyColumns(const std::vector<SampledEpisode>& sample, std::string* batch) {
  char* to = batch->data();
  for (const SampledEpisode& one : sample) {
    to = Copy(one.episode->observations(), to);
    to = Copy(one.episode->levels(), to);
    to = Copy(one.episode->weights(), to);
    to = Copy(one.episode->rewards(), to);
    to = Copy(one.episode->mask(), to);
  }
}

absl::StatusOr<double> SampleBatchMs() {
  const Folder folder("sample");
  EK_ASSIGN_OR_RETURN(std::unique_ptr<ExperienceStore> store, OpenStore(folder, false));
  v1::ReplayOptions replay;
  replay.set_ram_tier_bytes(kAll);
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<ReplayTables> tables, ReplayTables::Create(std::move(store), replay));
  for (uint64_t number = 0; number < kStored; ++number) {
    EK_RETURN_IF_ERROR(
        tables->Append(std::make_shared<const v1::Episode>(LargeEpisode(number)), absl::ZeroDuration()).status());
  }
  std::string batch(kBatch * LargeEpisode(0).ByteSizeLong(), '\0');
  absl::Status status;
  std::vector<double> milliseconds;
  for (uint64_t seed = 0; seed < kBatches; ++seed) {
    v1::SampleRequest request;
    request.set_episodes(kBatch);
    request.set_seed(seed);
    milliseconds.push_back(1e3 * Seconds([&] {
      const auto sample = tables->Sample(request, absl::ZeroDuration());
      status.Update(sample.status());
      if (sample.ok()) CopyColumns(*sample, &batch);
    }));
  }
  EK_RETURN_IF_ERROR(status);
  return Median(std::move(milliseconds));
}

// Appends numbers first, first + step, ... `count` of them, all copies of `model`.
absl::Status AppendSome(ExperienceStore* store, v1::Episode model, uint64_t first, uint64_t step, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    model.set_number(first + i * step);
    EK_RETURN_IF_ERROR(store->Append(model).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<double> InsertsPerSecond() {
  const Folder folder("insert");
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<ExperienceStore> store, OpenStore(folder, false));
  absl::Status status;
  const double seconds = Seconds([&] { status = AppendSome(store.get(), LargeEpisode(0), 0, 1, kInserts); });
  EK_RETURN_IF_ERROR(status);
  return kInserts / seconds;
}

// The figure in a line like "fillseq  :  437.8 micros/op 2284 ops/sec ...".
absl::StatusOr<double> OpsPerSecond(const std::string& output) {
  const size_t end = output.rfind(" ops/sec ");
  const size_t begin = end == std::string::npos ? end : output.rfind(' ', end - 1);
  double rate = 0;
  if (begin == std::string::npos || !absl::SimpleAtod(output.substr(begin + 1, end - begin - 1), &rate) || rate <= 0) {
    return absl::InternalError(absl::StrCat("db_bench did not tell its ops/sec; it said: ", output));
  }
  return rate;
}

absl::StatusOr<double> DbBenchPerSecond() {
  const Folder folder("db_bench");
  const std::string command = absl::StrCat(
      "db_bench --benchmarks=fillseq --threads=1 --batch_size=1 --disable_wal=0 --sync=0 --compression_type=none",
      " --num=", kInserts, " --value_size=", LargeEpisode(0).ByteSizeLong(),
      " --write_buffer_size=", ExperienceStoreOptions().write_buffer_bytes, " --db=", folder.path(), " 2>&1");
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return absl::ErrnoToStatus(errno, "cannot start db_bench");
  std::string output;
  char chunk[4096];
  for (size_t n; (n = ::fread(chunk, 1, sizeof(chunk), pipe)) > 0;) output.append(chunk, n);
  const int how = ::pclose(pipe);
  if (WIFEXITED(how) && WEXITSTATUS(how) == 127) {
    return absl::NotFoundError("there is no db_bench to compare with; install it: apt-get install rocksdb-tools");
  }
  if (how != 0) return absl::InternalError(absl::StrCat("db_bench failed; it said: ", output));
  return OpsPerSecond(output);
}

absl::StatusOr<double> InsertVsDbBench() {
  std::vector<double> ours, theirs;
  for (int round = 0; round < kInsertRounds; ++round) {
    EK_ASSIGN_OR_RETURN(const double their, DbBenchPerSecond());
    theirs.push_back(their);
    EK_ASSIGN_OR_RETURN(const double our, InsertsPerSecond());
    ours.push_back(our);
  }
  return Median(std::move(ours)) / Median(std::move(theirs));
}

absl::StatusOr<double> SyncsPerSecond(uint64_t writers, uint64_t each, rocksdb::Env* env) {
  const Folder folder("sync");
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<ExperienceStore> store, OpenStore(folder, true, env));
  std::vector<absl::Status> status(writers);
  const double seconds = Seconds([&] {
    std::vector<NamedThread> threads;
    for (uint64_t writer = 0; writer < writers; ++writer) {
      threads.emplace_back("writer", [&, writer] {
        status[writer] = AppendSome(store.get(), SmallEpisode(0), writer, writers, each);
      });
    }
  });
  for (const absl::Status& one : status) EK_RETURN_IF_ERROR(one);
  return writers * each / seconds;
}

// Writes of `bytes` with an fsync each, per second, to a file of its own.
absl::StatusOr<double> DiskSyncsPerSecond(uint64_t bytes) {
  const Folder folder("disk");
  const std::string path = folder.path() + "/log", piece(bytes, 'x');
  std::error_code error;
  fs::create_directories(folder.path(), error);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  bool good = true;
  const double seconds = Seconds([&] {
    for (uint64_t i = 0; i < kSyncsAlone; ++i) {
      good = good && ::write(file, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
      good = good && ::fdatasync(file) == 0;
    }
  });
  ::close(file);
  if (!good) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  return kSyncsAlone / seconds;
}

// How many times as many episodes a second the disk takes where 16 go with one fsync.
absl::StatusOr<double> DiskGain() {
  const uint64_t bytes = SmallEpisode(0).ByteSizeLong();
  std::vector<double> alone, together;
  for (int round = 0; round < kSyncRounds; ++round) {
    EK_ASSIGN_OR_RETURN(const double one, DiskSyncsPerSecond(bytes));
    alone.push_back(one);
    EK_ASSIGN_OR_RETURN(const double all, DiskSyncsPerSecond(kWriters * bytes));
    together.push_back(kWriters * all);
  }
  return Median(std::move(together)) / Median(std::move(alone));
}

struct SyncRates {
  double alone, together;  // appends per second
};

absl::StatusOr<SyncRates> MeasureSyncs(rocksdb::Env* env) {
  std::vector<double> alone, together;
  for (int round = 0; round < kSyncRounds; ++round) {
    EK_ASSIGN_OR_RETURN(const double one, SyncsPerSecond(1, kSyncsAlone, env));
    alone.push_back(one);
    EK_ASSIGN_OR_RETURN(const double all, SyncsPerSecond(kWriters, kSyncsEach, env));
    together.push_back(all);
  }
  return SyncRates{Median(std::move(alone)), Median(std::move(together))};
}

double ResidentBytes() {
  uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

absl::Status InsertAndSample(ReplayTables* tables, v1::Episode* episode, uint64_t number) {
  episode->set_number(number);
  EK_RETURN_IF_ERROR(tables->Append(std::make_shared<const v1::Episode>(*episode), absl::ZeroDuration()).status());
  if (number < kBatch || number % kInsertsPerBatch != 0) return absl::OkStatus();
  v1::SampleRequest request;
  request.set_episodes(kBatch);
  request.set_seed(number);
  return tables->Sample(request, absl::ZeroDuration()).status();
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkReplayMemory(double seconds) {
  const double before = ResidentBytes();
  const Folder folder("memory");
  v1::ReplayOptions replay;
  replay.set_ram_tier_bytes(uint64_t{128} << 20);
  replay.add_tables()->set_name("experience");
  v1::ReplayTable* stretches = replay.add_tables();
  stretches->set_name("stretches");
  stretches->set_sampler(v1::ReplayTable::PRIORITISED);
  stretches->set_sequence_steps(kStretchSteps);
  ExperienceStoreOptions options;
  options.path = folder.path();
  options.run_id = "bench";
  options.capacity_episodes = kMemoryEpisodes;
  options.tables = TableNames(replay);
  EK_ASSIGN_OR_RETURN(std::unique_ptr<ExperienceStore> store, ExperienceStore::Open(options));
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<ReplayTables> tables, ReplayTables::Create(std::move(store), replay));
  v1::Episode episode = LargeEpisode(0);
  const absl::Time begin = absl::Now();
  double largest[4] = {};  // by quarter of the time
  uint64_t number = 0;
  for (double at = 0; at < seconds; at = absl::ToDoubleSeconds(absl::Now() - begin)) {
    EK_RETURN_IF_ERROR(InsertAndSample(tables.get(), &episode, number++));
    double& most = largest[static_cast<int>(4 * at / seconds)];
    most = std::max(most, ResidentBytes() - before);
    absl::SleepFor(begin + absl::Seconds(static_cast<double>(number) / kInsertsPerSecond) - absl::Now());
  }
  const uint64_t bound = replay.ram_tier_bytes() + ExperienceStore::MaxMemoryBytes(options) +
                         kMemoryEpisodes * kIndexBytesPerEpisode;
  const double peak = *std::max_element(std::begin(largest), std::end(largest));
  return std::vector<BenchmarkResult>{{"replay.memory_peak_share", peak / static_cast<double>(bound), "ratio"},
                                      {"replay.memory_growth", largest[3] / largest[1], "ratio"},
                                      {"replay.memory_inserts", static_cast<double>(number), "episodes"}};
}

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkReplay() {
  EK_ASSIGN_OR_RETURN(const double sample_ms, SampleBatchMs());
  EK_ASSIGN_OR_RETURN(const double insert, InsertVsDbBench());
  EK_ASSIGN_OR_RETURN(const SyncRates here, MeasureSyncs(nullptr));
  EK_ASSIGN_OR_RETURN(const double disk_gain, DiskGain());
  const std::shared_ptr<rocksdb::Env> env = MakeSlowDisk(kSlowSync);
  EK_ASSIGN_OR_RETURN(const SyncRates slow, MeasureSyncs(env.get()));
  return std::vector<BenchmarkResult>{{"replay.sample_batch_ms", sample_ms, "ms"},
                                      {"replay.insert_vs_db_bench", insert, "ratio"},
                                      {"replay.group_commit_gain", here.together / here.alone, "ratio"},
                                      {"replay.group_commit_gain_of_disk", disk_gain, "ratio"},
                                      {"replay.synced_append_us", 1e6 / here.alone, "us"},
                                      {"replay.group_commit_gain_slow_disk", slow.together / slow.alone, "ratio"}};
}

}  // namespace evenkeel
