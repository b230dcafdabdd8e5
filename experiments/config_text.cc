#include "experiments/config_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/nearest_name.h"
#include "experiments/message_leaves.h"

namespace evenkeel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

constexpr int kTokenizerTabWidth = 8;  // google::protobuf::io::Tokenizer counts columns so
constexpr int kMostProblems = 50;
constexpr int kMostLevels = 64;  // of messages in messages; the parser recurses, without end unless told

struct Report {
  int line;    // from 0
  int column;  // from 0, tabs expanded
  std::string message;
};

class Collector : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    errors.push_back({std::max(0, line), std::max(0, column), message});
  }
  void AddWarning(int line, int column, const std::string& message) override {
    warnings.push_back({std::max(0, line), std::max(0, column), message});
  }

  std::vector<Report> errors;
  std::vector<Report> warnings;
};

size_t OffsetOf(const std::string& text, int line, int column) {
  size_t offset = 0;
  for (int i = 0; i < line; ++i) {
    const size_t end = text.find('\n', offset);
    if (end == std::string::npos) return text.size();
    offset = end + 1;
  }
  for (int at = 0; offset < text.size() && text[offset] != '\n' && at < column; ++offset) {
    at += text[offset] == '\t' ? kTokenizerTabWidth - at % kTokenizerTabWidth : 1;
  }
  return offset;
}

// The text between the `index`-th pair of double quotes.
std::string Quoted(const std::string& message, int index) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  const size_t at = 2 * index + 1;
  return at < parts.size() ? parts[at] : "";
}

size_t TokenLength(const std::string& text, size_t offset) {
  if (offset >= text.size()) return 1;
  const auto in_word = [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; };
  size_t end = offset;
  if (text[offset] == '"' || text[offset] == '\'') {
    end = text.find_first_of(std::string(1, text[offset]) + "\n", offset + 1);
    return end == std::string::npos ? text.size() - offset : end - offset + (text[end] == '\n' ? 0 : 1);
  }
  while (end < text.size() && in_word(text[end])) ++end;
  return std::max<size_t>(1, end - offset);
}

// The parser stops at its first error, so the offending words are blanked out and the rest is read again.
class Parse {
 public:
  Parse(const std::string& name, const std::string& text, Message* message)
      : name_(name), original_(text), text_(text), message_(message) {}

  bool Run(LeafPlaces* places, std::vector<Problem>* problems) {
    while (Pass(places)) {
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& entry : found_) problems->push_back(std::move(entry.second));
    return found_.empty();
  }

 private:
  // Reads the text once; returns whether to read it again.
  bool Pass(LeafPlaces* places) {
    message_->Clear();
    TextFormat::ParseInfoTree tree;
    TextFormat::Parser parser;
    Collector collector;
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(kMostLevels);
    parser.RecordErrorsTo(&collector);
    parser.WriteLocationsTo(&tree);
    parser.ParseFromString(text_, message_);
    if (!collector.errors.empty() && found_.size() < kMostProblems && Mend(collector.errors[0])) return true;
    std::set<size_t> unknown_ends;
    for (const Report& warning : collector.warnings) unknown_ends.insert(NoteUnknownField(warning));
    for (const Report& error : collector.errors) {
      const size_t offset = OffsetOf(text_, error.line, error.column);
      if (unknown_ends.count(offset) == 0)
        Note("E0301", offset, TokenLength(text_, offset), SyntaxMessage(error), "");
      break;
    }
    NotePlaces("", *message_, tree, places);
    return false;
  }

  // Notes a problem with one value or field and blanks it out. False if the text cannot be mended.
  bool Mend(const Report& error) {
    const size_t offset = OffsetOf(text_, error.line, error.column);
    const std::string& message = error.message;
    if (absl::StartsWith(message, "Unknown enumeration value")) return MendEnum(message, offset);
    if (absl::StartsWith(message, "Invalid value for boolean")) {
      return MendWordBefore(offset, Quoted(message, 1), "E0304",
                            absl::StrCat("expected true or false for ", Quoted(message, 0)));
    }
    if (absl::StartsWith(message, "Non-repeated field") || absl::StartsWith(message, "Field \"")) {
      return MendRepeated(message, offset);
    }
    if (absl::StartsWith(message, "Expected integer") || absl::StartsWith(message, "Expected double") ||
        absl::StartsWith(message, "Integer out of range")) {
      return MendNumber(message, offset);
    }
    return false;
  }

  bool MendEnum(const std::string& message, size_t offset) {
    const std::string value = Quoted(message, 0);
    const Descriptor* type = EnclosingType(offset);
    const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(Quoted(message, 1));
    std::vector<std::string> known;
    if (field != nullptr && field->enum_type() != nullptr) {
      for (int i = 1; i < field->enum_type()->value_count(); ++i)
        known.push_back(field->enum_type()->value(i)->name());
    }
    const std::string nearest = NearestName(value, known);
    const std::string advice = nearest.empty() ? absl::StrCat("known: ", absl::StrJoin(known, ", "))
                                               : absl::StrCat("did you mean \"", nearest, "\"?");
    return MendWordBefore(
        offset, value, "E0303",
        absl::StrCat("unknown value \"", value, "\" for the field \"", Quoted(message, 1), "\""), advice);
  }

  bool MendNumber(const std::string& message, size_t offset) {
    const bool out_of_range = absl::StartsWith(message, "Integer");
    const size_t length = TokenLength(text_, offset);
    const std::string token = text_.substr(offset, length);
    const std::string expected = absl::StartsWith(message, "Expected double") ? "a number"
                                 : token == "-"                               ? "a whole number >= 0"
                                                                              : "a whole number";
    Note("E0304", offset, length,
         out_of_range ? absl::StrCat(token, " does not fit the field")
                      : absl::StrCat("expected ", expected, ", found ", token),
         "");
    return Blank(offset, length, token == "-" ? " " : "0");
  }

  bool MendRepeated(const std::string& message, size_t offset) {
    const std::string field = Quoted(message, 0);
    const size_t start = text_.rfind(field, offset - 1);
    if (start == std::string::npos) return false;
    Note("E0301", start, field.size(),
         absl::StartsWith(message, "Field") ? absl::StrCat("\"", field, "\" and \"", Quoted(message, 1),
                                                           "\" exclude each other; give one of them")
                                            : absl::StrCat("\"", field, "\" is given more than once"),
         "");
    blanked_fields_.insert(start);
    return Blank(start, field.size(), std::string(field.size(), 'z'));
  }

  bool MendWordBefore(size_t offset, const std::string& word, const char* code, const std::string& message,
                      const std::string& advice = "") {
    const size_t start = offset == 0 || word.empty() ? std::string::npos : text_.rfind(word, offset - 1);
    if (start == std::string::npos) return false;
    Note(code, start, word.size(), message, advice);
    return Blank(start, word.size(), "0");
  }

  bool Blank(size_t offset, size_t length, const std::string& replacement) {
    if (offset + length > text_.size()) return false;
    text_.replace(offset, length, replacement + std::string(length - replacement.size(), ' '));
    return true;
  }

  // Returns where the parser stood when it warned.
  size_t NoteUnknownField(const Report& warning) {
    const size_t after = OffsetOf(text_, warning.line, warning.column);
    const std::string field = Quoted(warning.message, 1);
    const size_t start = text_.rfind(field, after == 0 ? 0 : after - 1);
    if (start == std::string::npos || blanked_fields_.count(start) > 0) return after;
    const Descriptor* type =
        message_->GetDescriptor()->file()->pool()->FindMessageTypeByName(Quoted(warning.message, 0));
    const Problem problem = UnknownField(field, type, message_->GetDescriptor());
    Note(problem.code.c_str(), start, field.size(), problem.message, problem.advice);
    return after;
  }

  static std::string SyntaxMessage(const Report& error) {
    const bool at_end =
        absl::EndsWith(error.message, "got: ") || absl::EndsWith(error.message, "found \"\".");
    const std::string message(absl::StripSuffix(error.message, "."));
    return at_end ? "the text ends inside a message; a \"}\" is missing"
                  : absl::AsciiStrToLower(message.substr(0, 1)) + message.substr(1);
  }

  void Note(const char* code, size_t offset, size_t length, const std::string& message,
            const std::string& advice) {
    const size_t capped = std::min(offset, original_.size());
    const size_t newline = capped == 0 ? std::string::npos : original_.rfind('\n', capped - 1);
    const size_t line_start = newline == std::string::npos ? 0 : newline + 1;
    const long line = 1 + std::count(original_.begin(), original_.begin() + line_start, '\n');
    Problem problem;
    problem.code = code;
    problem.message = message;
    problem.advice = advice;
    problem.column = static_cast<int>(capped - line_start) + 1;
    problem.length = static_cast<int>(length);
    problem.place = absl::StrCat(name_, ":", line, ":", problem.column);
    problem.source_line = original_.substr(line_start, original_.find('\n', line_start) - line_start);
    found_.emplace_back(capped, std::move(problem));
  }

  // The type of the message inside which `offset` lies; null if the text before it is not understood.
  const Descriptor* EnclosingType(size_t offset) const {
    std::vector<const Descriptor*> stack = {message_->GetDescriptor()};
    std::string word;
    for (size_t i = 0; i < offset && i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '#') i = std::min(text_.find('\n', i), text_.size());
      if (c == '"' || c == '\'') {
        i += TokenLength(text_, i) - 1;
      } else if (c == '{') {
        const FieldDescriptor* field = stack.back()->FindFieldByName(word);
        if (field == nullptr || field->message_type() == nullptr) return nullptr;
        stack.push_back(field->message_type());
      } else if (c == '}' && stack.size() > 1) {
        stack.pop_back();
      } else if (absl::ascii_isalnum(c) || c == '_') {
        const size_t length = TokenLength(text_, i);
        word = text_.substr(i, length);
        i += length - 1;
      }
    }
    return stack.back();
  }

  void NotePlaces(const std::string& prefix, const Message& message, const TextFormat::ParseInfoTree& tree,
                  LeafPlaces* places) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields)
      NoteFieldPlaces(prefix + field->name(), message, field, tree, places);
  }

  void NoteFieldPlaces(const std::string& path, const Message& message, const FieldDescriptor* field,
                       const TextFormat::ParseInfoTree& tree, LeafPlaces* places) {
    const auto* reflection = message.GetReflection();
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      const TextFormat::ParseLocation location = tree.GetLocation(field, index);
      if (!nested) {
        const std::string place = absl::StrCat(location.line + 1, ":", location.column + 1);
        if (i == 0) (*places)[path] = place;
        if (field->is_repeated() && location.line >= 0) (*places)[absl::StrCat(path, "[", i, "]")] = place;
        continue;
      }
      const TextFormat::ParseInfoTree* below = tree.GetTreeForNested(field, index);
      const Message& value = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                  : reflection->GetMessage(message, field);
      const std::string element = field->is_repeated() ? absl::StrCat(path, "[", i, "]") : path;
      if (below != nullptr) NotePlaces(element + ".", value, *below, places);
    }
  }

  const std::string& name_;
  const std::string& original_;
  std::string text_;
  Message* message_;
  std::vector<std::pair<size_t, Problem>> found_;
  std::set<size_t> blanked_fields_;
};

// The path of the first field called `name` at or below `type`; "" if there is none.
std::string FindPath(const std::string& name, const Descriptor* type) {
  if (type->FindFieldByName(name) != nullptr) return name;
  for (int i = 0; i < type->field_count(); ++i) {
    const Descriptor* nested = type->field(i)->message_type();
    const std::string below = nested == nullptr ? "" : FindPath(name, nested);
    if (!below.empty()) return absl::StrCat(type->field(i)->name(), ".", below);
  }
  return "";
}

}  // namespace

Problem UnknownField(const std::string& field, const Descriptor* type, const Descriptor* root) {
  Problem problem;
  problem.code = "E0302";
  problem.message = absl::StrCat("unknown field \"", field, "\" in ", type->full_name());
  std::vector<std::string> known;
  for (int i = 0; i < type->field_count(); ++i) known.push_back(type->field(i)->name());
  const std::string elsewhere = FindPath(field, root);
  const std::string nearest = NearestName(field, known);
  if (!elsewhere.empty()) {
    problem.advice = absl::StrCat("it belongs in \"", elsewhere, "\"");
  } else if (!nearest.empty()) {
    problem.advice = absl::StrCat("did you mean \"", nearest, "\"?");
  } else {
    problem.advice = absl::StrCat("known: ", absl::StrJoin(known, ", "));
  }
  return problem;
}

bool ParseConfigText(const std::string& name, const std::string& text, Message* message, LeafPlaces* places,
                     std::vector<Problem>* problems) {
  return Parse(name, text, message).Run(places, problems);
}

}  // namespace evenkeel
