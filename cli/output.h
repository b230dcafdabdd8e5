// Results on standard output, as people or programs want them.
#ifndef EVENKEEL_CLI_OUTPUT_H_
#define EVENKEEL_CLI_OUTPUT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace evenkeel {

enum class OutputFormat { kTable, kJson, kCsv };

// Rows of strings and numbers under named columns.
struct ResultTable {
  std::vector<std::string> columns;
  std::vector<std::vector<nlohmann::ordered_json>> rows;
};

// kTable: aligned, column names in capitals, numbers to the right. kJson: an array of one object per row.
// kCsv: RFC 4180 with a header line. Ends with a newline.
std::string Render(const ResultTable& table, OutputFormat format);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_OUTPUT_H_
