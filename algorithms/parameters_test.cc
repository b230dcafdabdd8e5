#include "algorithms/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

ParameterLayout SmallLayout() { return ParameterLayout({{"a", {2, 3}, 0.5}, {"b", {4}, 0.25}}); }

v1::PolicyParameters SmallParameters() {
  v1::PolicyParameters parameters;
  parameters.set_algorithm("qmix");
  parameters.mutable_shape()->set_servers(7);
  const std::vector<float> flat = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  AppendTensors(SmallLayout(), "net/", flat, &parameters);
  Seal(&parameters);
  return parameters;
}

v1::PolicyShape SevenServers() {
  v1::PolicyShape shape;
  shape.set_servers(7);
  return shape;
}

TEST(Parameters, RoundTripGivesTheSameValues) {
  std::vector<float> read(10, -1.0f);
  ASSERT_TRUE(ReadTensors(SmallParameters(), SmallLayout(), "net/", absl::MakeSpan(read)).ok());
  EXPECT_EQ(read, (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Parameters, InitialValuesStayWithinTheBoundOfEachTensor) {
  const std::vector<float> initial = SmallLayout().Initial(Rng(1));
  ASSERT_EQ(initial.size(), 10u);
  for (int i = 0; i < 10; ++i) EXPECT_LE(std::abs(initial[i]), i < 6 ? 0.5f : 0.25f);
  EXPECT_NE(initial[0], initial[1]);
}

TEST(Parameters, WrongShapeIsRefusedByNameAndChangesNothing) {
  v1::PolicyParameters parameters = SmallParameters();
  parameters.mutable_tensors(1)->set_shape(0, 5);
  std::vector<float> read(10, -1.0f);
  const absl::Status status = ReadTensors(parameters, SmallLayout(), "net/", absl::MakeSpan(read));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tensor \"net/b\": expected shape [4], found [5]"));
  EXPECT_EQ(read, std::vector<float>(10, -1.0f));
}

TEST(Parameters, ShortDataIsRefused) {
  v1::PolicyParameters parameters = SmallParameters();
  parameters.mutable_tensors(1)->mutable_data()->pop_back();
  std::vector<float> read(10, -1.0f);
  const absl::Status status = ReadTensors(parameters, SmallLayout(), "net/", absl::MakeSpan(read));
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected 16 bytes of data, found 15"));
  EXPECT_EQ(read, std::vector<float>(10, -1.0f));
}

TEST(Parameters, MissingTensorIsRefused) {
  v1::PolicyParameters parameters = SmallParameters();
  parameters.mutable_tensors()->RemoveLast();
  std::vector<float> read(10);
  EXPECT_THAT(std::string(ReadTensors(parameters, SmallLayout(), "net/", absl::MakeSpan(read)).message()),
              HasSubstr("\"net/b\" of shape [4] is missing"));
}

TEST(Parameters, UnknownTensorIsRefused) {
  v1::PolicyParameters parameters = SmallParameters();
  parameters.add_tensors()->set_name("net/c");
  std::vector<float> read(10);
  EXPECT_THAT(std::string(ReadTensors(parameters, SmallLayout(), "net/", absl::MakeSpan(read)).message()),
              HasSubstr("\"net/c\" is not known"));
}

TEST(Parameters, SealedParametersPassTheCheck) {
  EXPECT_TRUE(CheckSeal(SmallParameters()).ok());
  EXPECT_TRUE(CheckShape(SmallParameters(), "qmix", SevenServers()).ok());
}

TEST(Parameters, OneFlippedBitIsDataLoss) {
  v1::PolicyParameters parameters = SmallParameters();
  (*parameters.mutable_tensors(0)->mutable_data())[3] ^= 1;
  EXPECT_EQ(CheckSeal(parameters).code(), absl::StatusCode::kDataLoss);
}

TEST(Parameters, ForeignAlgorithmIsRefusedAndNamed) {
  const absl::Status status = CheckShape(SmallParameters(), "sac", SevenServers());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"qmix\", expected \"sac\""));
}

TEST(Parameters, OtherNumberOfServersIsRefused) {
  v1::PolicyShape shape;
  shape.set_servers(24);
  EXPECT_THAT(std::string(CheckShape(SmallParameters(), "qmix", shape).message()),
              HasSubstr("made for 7 servers, this experiment has 24"));
}

}  // namespace
}  // namespace evenkeel
