#include "tests/tiny_run.h"

#include <algorithm>
#include <filesystem>

#include "common/durable_file.h"
#include "tests/process.h"

namespace evenkeel {

namespace fs = std::filesystem;

std::vector<std::string> TinySettings() {
  std::vector<std::string> flags;
  for (const char* setting :
       {"training.episodes=6", "training.worlds=2", "training.episode_seconds=3", "training.warmup_episodes=2",
        "training.batch_episodes=2", "training.updates_per_episode=2", "algorithm.qmix.hidden=16", "algorithm.sac.hidden=16",
        "algorithm.es.generations=3", "algorithm.es.population=4", "checkpoint.every_episodes=2", "evaluation.seeds=2",
        "evaluation.seconds=4", "evaluation.warmup_seconds=1"}) {
    flags.push_back("--set");
    flags.push_back(setting);
  }
  return flags;
}

std::vector<std::string> TinyRun(const std::string& out, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {EvenkeelBinary(), "run", "quickstart", "--out=" + out};
  const std::vector<std::string> settings = TinySettings();
  arguments.insert(arguments.end(), settings.begin(), settings.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string FinalPolicy(const std::string& run) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(run + "/policies", error)) {
    if (entry.is_regular_file()) return ReadFile(entry.path().string()).value_or("");
  }
  return "";
}

pid_t PidOf(const std::string& run, const std::string& role) {
  for (const std::string& line : ProcessesWith("--run=" + run)) {
    if (line.find(" serve " + role) != std::string::npos) return std::stoi(line);
  }
  return 0;
}

int Lines(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace evenkeel
