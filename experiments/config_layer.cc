#include "experiments/config_layer.h"

#include <google/protobuf/descriptor.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/config_text.h"
#include "experiments/message_leaves.h"

namespace evenkeel {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kNoIndex = -1;

// One "path=value".
class Setting {
 public:
  Setting(const std::string& text, const std::string& origin, std::vector<Problem>* problems)
      : text_(text), origin_(origin), problems_(problems) {}

  // `set_before` holds the lists that this set of settings has replaced already.
  bool Apply(ConfigLayer* layer, std::set<std::string>* set_before) {
    const size_t equals = text_.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Fail("E0201", absl::StrCat("expected PATH=VALUE, found \"", text_, "\""), 0, text_.size(),
                  "for example training.episodes=24");
    }
    path_ = std::string(absl::StripAsciiWhitespace(text_.substr(0, equals)));
    value_at_ = equals + 1;
    if (!Walk(&layer->values)) return false;
    std::unique_ptr<Message> parsed(container_->New());
    if (!ParseValue(parsed.get())) return false;
    const bool first = set_before->insert(path_).second;
    Store(*parsed, first);
    NoteOrigins(*parsed, layer);
    return true;
  }

 private:
  bool Fail(const char* code, const std::string& message, size_t at, size_t length,
            const std::string& advice) {
    Problem problem;
    problem.code = code;
    problem.message = message;
    problem.place = origin_;
    problem.source_line = text_;
    problem.column = static_cast<int>(at) + 1;
    problem.length = static_cast<int>(length);
    problem.advice = advice;
    problems_->push_back(std::move(problem));
    return false;
  }

  // Finds the message and the field that the path names.
  bool Walk(Message* root) {
    container_ = root;
    size_t at = 0;
    const std::vector<std::string> parts = absl::StrSplit(path_, '.');
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!ReadPart(parts[i], at, root)) return false;
      if (i + 1 < parts.size() && !Descend(parts[i], at)) return false;
      at += parts[i].size() + 1;
    }
    return true;
  }

  bool ReadPart(const std::string& part, size_t at, const Message* root) {
    const size_t bracket = part.find('[');
    const std::string name = part.substr(0, bracket);
    index_ = kNoIndex;
    field_ = container_->GetDescriptor()->FindFieldByName(name);
    if (field_ == nullptr) {
      const Problem unknown = UnknownField(name, container_->GetDescriptor(), root->GetDescriptor());
      return Fail("E0302", unknown.message, at, name.size(), unknown.advice);
    }
    if (bracket == std::string::npos) return true;
    const std::string index = part.substr(bracket + 1, part.size() - bracket - 2);
    const int size = field_->is_repeated() ? container_->GetReflection()->FieldSize(*container_, field_) : 0;
    if (part.back() == ']' && absl::SimpleAtoi(index, &index_) && index_ >= 0 && index_ < size) return true;
    return Fail("E0306", absl::StrCat("\"", part, "\" names no element: ", name, " has ", size), at,
                part.size(), absl::StrCat("indexes go from 0 to ", size - 1));
  }

  bool Descend(const std::string& part, size_t at) {
    if (field_->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return Fail("E0302", absl::StrCat("\"", field_->name(), "\" is a value and has no fields"), at,
                  part.size(), "");
    }
    if (field_->is_repeated() && index_ == kNoIndex) {
      return Fail("E0304", absl::StrCat("\"", field_->name(), "\" is a list"), at, part.size(),
                  absl::StrCat("name an element: ", field_->name(), "[0]"));
    }
    const Reflection* reflection = container_->GetReflection();
    container_ = field_->is_repeated() ? reflection->MutableRepeatedMessage(container_, field_, index_)
                                       : reflection->MutableMessage(container_, field_);
    return true;
  }

  // Text format wants quotes around strings; people do not write them.
  std::string QuotedValue(const std::string& value) const {
    const std::string trimmed(absl::StripAsciiWhitespace(value));
    const auto quote = [](const std::string& item) {
      const bool quoted = item.size() >= 2 && (item[0] == '"' || item[0] == '\'');
      return quoted ? item : absl::StrCat("\"", absl::CEscape(item), "\"");
    };
    const bool list = field_->is_repeated() && absl::StartsWith(trimmed, "[") && absl::EndsWith(trimmed, "]");
    if (!list) return quote(trimmed);
    std::vector<std::string> items;
    for (absl::string_view item :
         absl::StrSplit(trimmed.substr(1, trimmed.size() - 2), ',', absl::SkipWhitespace())) {
      items.push_back(quote(std::string(absl::StripAsciiWhitespace(item))));
    }
    return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
  }

  bool ParseValue(Message* parsed) {
    const std::string value = text_.substr(value_at_);
    const bool nested = field_->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool is_string = field_->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (absl::StripAsciiWhitespace(value).empty() && !is_string) {
      return Fail("E0304", absl::StrCat("\"", path_, "\" needs a value"), 0, text_.size(), "");
    }
    const std::string prefix = absl::StrCat(field_->name(), nested ? " " : ": ");
    std::vector<Problem> found;
    LeafPlaces places;
    ParseConfigText(origin_, prefix + (is_string ? QuotedValue(value) : value), parsed, &places, &found);
    for (Problem& problem : found) {
      problem.place = origin_;
      problem.source_line = text_;
      problem.column += static_cast<int>(value_at_) - static_cast<int>(prefix.size());
      problems_->push_back(std::move(problem));
    }
    return found.empty();
  }

  void Store(const Message& parsed, bool first) {
    const Reflection* reflection = container_->GetReflection();
    if (index_ != kNoIndex) {
      StoreElement(parsed);
    } else if (field_->is_repeated()) {
      if (first) reflection->ClearField(container_, field_);
      container_->MergeFrom(parsed);
    } else {
      Overlay(parsed, container_);
    }
  }

  void StoreElement(const Message& parsed) {
    const Reflection* reflection = container_->GetReflection();
    if (field_->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Overlay(reflection->GetRepeatedMessage(parsed, field_, 0),
              reflection->MutableRepeatedMessage(container_, field_, index_));
      return;
    }
    container_->MergeFrom(parsed);
    const int last = reflection->FieldSize(*container_, field_) - 1;
    reflection->SwapElements(container_, field_, index_, last);
    reflection->RemoveLast(container_, field_);
  }

  // Every leaf of what was parsed, and for a list all of it.
  void NoteOrigins(const Message& parsed, ConfigLayer* layer) {
    const bool whole_list = field_->is_repeated() && index_ == kNoIndex;
    if (whole_list) {
      ForEachLeaf(layer->values, [&](const Leaf& leaf) {
        if (leaf.path == path_ || absl::StartsWith(leaf.path, path_ + "["))
          layer->origins[leaf.path] = origin_;
      });
      return;
    }
    const bool scalar_element = index_ != kNoIndex && field_->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
    if (scalar_element) {
      layer->origins[path_.substr(0, path_.rfind('['))] = origin_;
      return;
    }
    const std::string own = index_ == kNoIndex ? field_->name() : field_->name() + "[0]";
    ForEachLeaf(parsed,
                [&](const Leaf& leaf) { layer->origins[path_ + leaf.path.substr(own.size())] = origin_; });
  }

  const std::string& text_;
  const std::string& origin_;
  std::vector<Problem>* problems_;
  std::string path_;
  size_t value_at_ = 0;
  Message* container_ = nullptr;
  const FieldDescriptor* field_ = nullptr;
  int index_ = kNoIndex;
};

}  // namespace

bool ParseLayer(const std::string& name, const std::string& text, ConfigLayer* layer,
                std::vector<Problem>* problems) {
  LeafPlaces places;
  const bool ok = ParseConfigText(name, text, &layer->values, &places, problems);
  for (const auto& [path, place] : places) layer->origins[path] = absl::StrCat(name, ":", place);
  return ok;
}

void OverlayLayer(const ConfigLayer& upper, ConfigLayer* lower) {
  Overlay(upper.values, &lower->values);
  std::map<std::string, std::string> origins;
  ForEachLeaf(lower->values, [&](const Leaf& leaf) {
    const auto from_upper = upper.origins.find(leaf.path);
    const auto from_lower = lower->origins.find(leaf.path);
    if (from_upper != upper.origins.end()) {
      origins[leaf.path] = from_upper->second;
    } else if (from_lower != lower->origins.end()) {
      origins[leaf.path] = from_lower->second;
    }
  });
  lower->origins = std::move(origins);
}

bool ApplySettings(const std::vector<SettingText>& settings, ConfigLayer* layer,
                   std::vector<Problem>* problems) {
  const size_t before = problems->size();
  std::set<std::string> set_before;
  for (const SettingText& setting : settings)
    Setting(setting.text, setting.origin, problems).Apply(layer, &set_before);
  return problems->size() == before;
}

bool ApplySettings(const std::vector<std::string>& settings, const std::string& origin, ConfigLayer* layer,
                   std::vector<Problem>* problems) {
  std::vector<SettingText> with_origin;
  for (const std::string& setting : settings) with_origin.push_back({setting, origin});
  return ApplySettings(with_origin, layer, problems);
}

}  // namespace evenkeel
