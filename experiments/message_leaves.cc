#include "experiments/message_leaves.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace evenkeel {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void VisitMessage(const std::string& prefix, const Message& message,
                  const std::function<void(const Leaf&)>& visit);

void VisitField(const std::string& path, const Message& message, const FieldDescriptor* field,
                const std::function<void(const Leaf&)>& visit) {
  const Reflection* reflection = message.GetReflection();
  const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (field->is_repeated()) {
    const int size = reflection->FieldSize(message, field);
    if (!nested && size > 0) visit({path, &message, field});
    for (int i = 0; nested && i < size; ++i) {
      VisitMessage(absl::StrCat(path, "[", i, "]."), reflection->GetRepeatedMessage(message, field, i),
                   visit);
    }
  } else if (reflection->HasField(message, field)) {
    if (nested) {
      VisitMessage(path + ".", reflection->GetMessage(message, field), visit);
    } else {
      visit({path, &message, field});
    }
  }
}

void VisitMessage(const std::string& prefix, const Message& message,
                  const std::function<void(const Leaf&)>& visit) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    VisitField(prefix + field->name(), message, field, visit);
  }
}

std::map<std::string, std::string> LeafTexts(const Message& message, std::vector<std::string>* order) {
  std::map<std::string, std::string> texts;
  ForEachLeaf(message, [&](const Leaf& leaf) {
    texts[leaf.path] = LeafText(leaf);
    order->push_back(leaf.path);
  });
  return texts;
}

}  // namespace

void ForEachLeaf(const Message& message, const std::function<void(const Leaf&)>& visit) {
  VisitMessage("", message, visit);
}

std::string LeafText(const Leaf& leaf) {
  const int count =
      leaf.field->is_repeated() ? leaf.message->GetReflection()->FieldSize(*leaf.message, leaf.field) : 1;
  std::vector<std::string> values(count);
  for (int i = 0; i < count; ++i) {
    google::protobuf::TextFormat::PrintFieldValueToString(*leaf.message, leaf.field,
                                                          leaf.field->is_repeated() ? i : -1, &values[i]);
  }
  return leaf.field->is_repeated() ? absl::StrCat("[", absl::StrJoin(values, ", "), "]") : values[0];
}

std::string WithoutIndexes(const std::string& path) {
  std::string result;
  bool inside = false;
  for (char c : path) {
    if (c == '[') inside = true;
    if (!inside) result += c;
    if (c == ']') inside = false;
  }
  return result;
}

void Overlay(const Message& upper, Message* lower) {
  const Reflection* reflection = upper.GetReflection();
  std::unique_ptr<Message> whole(upper.New());
  whole->CopyFrom(upper);
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(upper, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) {
      reflection->ClearField(lower, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Overlay(reflection->GetMessage(upper, field), reflection->MutableMessage(lower, field));
      reflection->ClearField(whole.get(), field);
    }
  }
  lower->MergeFrom(*whole);
}

std::vector<std::string> DifferingPaths(const Message& a, const Message& b) {
  std::vector<std::string> order_a, order_b, differing;
  const auto texts_a = LeafTexts(a, &order_a);
  const auto texts_b = LeafTexts(b, &order_b);
  for (const std::string& path : order_a) {
    const auto found = texts_b.find(path);
    if (found == texts_b.end() || found->second != texts_a.at(path)) differing.push_back(path);
  }
  for (const std::string& path : order_b) {
    if (texts_a.count(path) == 0) differing.push_back(path);
  }
  return differing;
}

}  // namespace evenkeel
