// Everything that processes say to each other, and what lies on disk as a message, is encoded as it always
// was. The golden file has one line for each form of each message (its text and its bytes, every field set in
// one of them), each enum and each call.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "protos/checkpoint.pb.h"
#include "protos/control.pb.h"
#include "protos/coordinator.pb.h"
#include "protos/experiment.pb.h"
#include "protos/learner.pb.h"
#include "protos/replay.pb.h"
#include "protos/suite.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::TextFormat;

constexpr char kGolden[] = "protos/wire_format.golden";

// A line "KIND NAME | PART | PART".
struct Line {
  std::string kind, name;
  std::vector<std::string> parts;
};

std::vector<Line> GoldenLines() {
  std::vector<Line> lines;
  std::ifstream file(kGolden);
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text[0] == '#') continue;
    std::vector<std::string> parts = absl::StrSplit(text, '|');
    for (std::string& part : parts) part = std::string(absl::StripAsciiWhitespace(part));
    const std::pair<std::string, std::string> head = absl::StrSplit(parts[0], absl::MaxSplits(' ', 1));
    parts.erase(parts.begin());
    lines.push_back({head.first, head.second, parts});
  }
  EXPECT_FALSE(lines.empty()) << kGolden;
  return lines;
}

std::vector<const FileDescriptor*> Files() {
  return {v1::CheckpointManifest::descriptor()->file(),
          v1::Controls::descriptor()->file(),
          v1::AgentMessage::descriptor()->file(),
          v1::Experiment::descriptor()->file(),
          v1::PolicyParcel::descriptor()->file(),
          v1::AppendRequest::descriptor()->file(),
          v1::Suite::descriptor()->file(),
          v1::Episode::descriptor()->file()};
}

void Collect(const Descriptor* type, std::vector<const Descriptor*>* types,
             std::vector<const EnumDescriptor*>* enums) {
  types->push_back(type);
  for (int i = 0; i < type->enum_type_count(); ++i) enums->push_back(type->enum_type(i));
  for (int i = 0; i < type->nested_type_count(); ++i) Collect(type->nested_type(i), types, enums);
}

struct Schema {
  std::vector<const Descriptor*> types;
  std::vector<const EnumDescriptor*> enums;
  std::vector<const MethodDescriptor*> calls;
};

Schema TheSchema() {
  Schema schema;
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->message_type_count(); ++i)
      Collect(file->message_type(i), &schema.types, &schema.enums);
    for (int i = 0; i < file->enum_type_count(); ++i) schema.enums.push_back(file->enum_type(i));
    for (int i = 0; i < file->service_count(); ++i) {
      for (int k = 0; k < file->service(i)->method_count(); ++k)
        schema.calls.push_back(file->service(i)->method(k));
    }
  }
  return schema;
}

std::unique_ptr<Message> NewMessage(const std::string& name) {
  const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string Text(const Message& message) {
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  return std::string(absl::StripAsciiWhitespace(text));
}

std::string EnumLine(const EnumDescriptor& type) {
  std::vector<std::string> values;
  for (int i = 0; i < type.value_count(); ++i)
    values.push_back(absl::StrCat(type.value(i)->name(), "=", type.value(i)->number()));
  return absl::StrCat("enum ", type.full_name(), " | ", absl::StrJoin(values, " "));
}

std::string CallLine(const MethodDescriptor& call) {
  return absl::StrCat("call /", call.service()->full_name(), "/", call.name(), " | ",
                      call.client_streaming() ? "stream " : "", call.input_type()->full_name(), " -> ",
                      call.server_streaming() ? "stream " : "", call.output_type()->full_name());
}

TEST(WireFormatTest, EveryMessageIsWrittenAndReadAsEver) {
  for (const Line& line : GoldenLines()) {
    if (line.kind != "message") continue;
    SCOPED_TRACE(line.name);
    ASSERT_EQ(line.parts.size(), 2u);
    const std::unique_ptr<Message> written = NewMessage(line.name), read = NewMessage(line.name);
    ASSERT_NE(written, nullptr) << "peers and files of earlier versions have it";
    ASSERT_TRUE(TextFormat::ParseFromString(line.parts[0], written.get())) << line.parts[0];
    EXPECT_EQ(absl::BytesToHexString(written->SerializeAsString()), line.parts[1]);
    ASSERT_TRUE(read->ParseFromString(absl::HexStringToBytes(line.parts[1])));
    EXPECT_EQ(Text(*read), line.parts[0]);
  }
}

TEST(WireFormatTest, EveryFieldOfEveryMessageIsInTheGoldenFile) {
  std::map<std::string, std::set<std::string>> set;  // by message
  for (const Line& line : GoldenLines()) {
    if (line.kind != "message") continue;
    std::set<std::string>& fields = set[line.name];
    const std::unique_ptr<Message> message = NewMessage(line.name);
    ASSERT_TRUE(message != nullptr && TextFormat::ParseFromString(line.parts[0], message.get())) << line.name;
    std::vector<const FieldDescriptor*> there;
    message->GetReflection()->ListFields(*message, &there);
    for (const FieldDescriptor* field : there) fields.insert(field->name());
  }
  for (const Descriptor* type : TheSchema().types) {
    EXPECT_EQ(set.count(type->full_name()), 1u)
        << "add a line for the new message " << type->full_name() << " to " << kGolden;
    for (int i = 0; i < type->field_count(); ++i) {
      EXPECT_EQ(set[type->full_name()].count(type->field(i)->name()), 1u)
          << "add a line that sets the new field " << type->field(i)->full_name() << " to " << kGolden;
    }
  }
}

TEST(WireFormatTest, EveryEnumAndEveryCallIsAsEver) {
  std::vector<std::string> golden, now;
  for (const Line& line : GoldenLines()) {
    if (line.kind != "message")
      golden.push_back(absl::StrCat(line.kind, " ", line.name, " | ", absl::StrJoin(line.parts, " | ")));
  }
  const Schema schema = TheSchema();
  for (const EnumDescriptor* type : schema.enums) now.push_back(EnumLine(*type));
  for (const MethodDescriptor* call : schema.calls) now.push_back(CallLine(*call));
  EXPECT_THAT(now, testing::UnorderedElementsAreArray(golden));
}

}  // namespace
}  // namespace evenkeel
