#include "cli/output.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace evenkeel {
namespace {

using nlohmann::ordered_json;

std::string Cell(const ordered_json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_float()) return absl::StrCat(value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string RenderAligned(const ResultTable& table) {
  std::vector<size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(column.size());
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Cell(row[i]).size());
  }
  const auto line = [&](const std::vector<std::string>& cells, const std::vector<bool>& right) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - cells[i].size(), ' ');
      absl::StrAppend(&text, i == 0 ? "" : "  ", right[i] ? padding + cells[i] : cells[i] + padding);
    }
    return std::string(absl::StripTrailingAsciiWhitespace(text)) + "\n";
  };
  std::vector<bool> right(table.columns.size(), false);
  for (size_t i = 0; !table.rows.empty() && i < right.size(); ++i) right[i] = table.rows[0][i].is_number();
  std::vector<std::string> header;
  for (const std::string& column : table.columns) header.push_back(absl::AsciiStrToUpper(column));
  std::string text = line(header, right);
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (const ordered_json& value : row) cells.push_back(Cell(value));
    text += line(cells, right);
  }
  return text;
}

std::string RenderObjects(const ResultTable& table) {
  ordered_json objects = ordered_json::array();
  for (const auto& row : table.rows) {
    ordered_json object;
    for (size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = row[i];
    objects.push_back(std::move(object));
  }
  return objects.dump(2) + "\n";
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string RenderCsvLines(const ResultTable& table) {
  const auto join = [](std::string* out, const std::string& cell) { out->append(CsvCell(cell)); };
  std::string text = absl::StrJoin(table.columns, ",", join) + "\n";
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (const ordered_json& value : row) cells.push_back(value.is_null() ? "" : Cell(value));
    text += absl::StrJoin(cells, ",", join) + "\n";
  }
  return text;
}

}  // namespace

std::string Render(const ResultTable& table, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return RenderAligned(table);
    case OutputFormat::kJson:
      return RenderObjects(table);
    case OutputFormat::kCsv:
      return RenderCsvLines(table);
  }
  return "";
}

}  // namespace evenkeel
