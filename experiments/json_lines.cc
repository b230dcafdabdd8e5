#include "experiments/json_lines.h"

#include <filesystem>
#include <fstream>

namespace evenkeel {

std::vector<nlohmann::json> JsonLines::Next() {
  std::vector<nlohmann::json> lines;
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path_, error);
  if (error) return lines;
  if (size < offset_) offset_ = 0;
  std::ifstream in(path_, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset_));
  for (std::string line; std::getline(in, line) && !in.eof();) {
    offset_ += line.size() + 1;
    nlohmann::json value = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (value.is_object()) lines.push_back(std::move(value));
  }
  return lines;
}

double NumberOr(const nlohmann::json& line, const std::string& name, double otherwise) {
  const auto found = line.find(name);
  return found != line.end() && found->is_number() ? found->get<double>() : otherwise;
}

}  // namespace evenkeel
