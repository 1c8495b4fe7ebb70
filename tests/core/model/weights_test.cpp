#include "core/model/weights.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::safetensors_file;
using test::SafetensorsWriter;

class WeightsFile : public testing::Test {
 protected:
  WeightReader& open(const std::string& bytes) {
    folder_.write("model.safetensors", bytes);
    Result<WeightFiles> opened = WeightFiles::open(folder_.path());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    files_.emplace(*std::move(opened));
    reader_.emplace(*files_);
    return *reader_;
  }
  void expect_refused(const std::string& words) const {
    const std::string& message = reader_->status().message();
    EXPECT_EQ(reader_->status().code(), StatusCode::kCorrupt);
    EXPECT_NE(message.find("model.safetensors"), std::string::npos) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
  }

  const test::TempFolder folder_;
  std::optional<WeightFiles> files_;
  std::optional<WeightReader> reader_;
};

TEST_F(WeightsFile, TensorsComeByNameAndShape) {
  SafetensorsWriter writer;
  writer.add("a", {2, 2}, {1, 2, 3, 4});
  writer.add("b", {1}, {-5});
  WeightReader& reader = open(writer.bytes());
  EXPECT_TRUE(
      at::equal(reader.take("a", {2, 2}), at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2})));
  EXPECT_EQ(reader.take("b", {1}).item<float>(), -5);
  EXPECT_TRUE(reader.status().ok());
}

TEST_F(WeightsFile, EveryFloatingTypeBecomesFloat32) {
  const at::Tensor values = at::tensor({1.5F, -0.25F, 1024.0F});
  const struct {
    const char* dtype;
    at::ScalarType type;
  } types[] = {
      {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F32", at::kFloat}, {"F64", at::kDouble}};
  for (const auto& known : types) {
    const at::Tensor stored = values.to(known.type);
    const std::string data(static_cast<const char*>(stored.const_data_ptr()), stored.nbytes());
    const std::string header = std::string(R"({"t":{"dtype":")") + known.dtype +
                               R"(","shape":[3],"data_offsets":[0,)" + std::to_string(data.size()) +
                               "]}}";
    WeightReader& reader = open(safetensors_file(header, data));
    EXPECT_TRUE(at::equal(reader.take("t", {3}), values)) << known.dtype;
    EXPECT_TRUE(reader.status().ok());
  }
}

TEST_F(WeightsFile, AMissingTensorIsNamed) {
  open(SafetensorsWriter().bytes()).take("blocks.3.norm1.weight", {4});
  expect_refused("tensor blocks.3.norm1.weight is missing");
}

TEST_F(WeightsFile, AMissingTensorTakesNoMemoryWhateverItsType) {
  WeightReader& reader = open(SafetensorsWriter().bytes());
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    // 4 TiB, were it made.
    const at::Tensor nothing = reader.take("large", {1 << 20, 1 << 20}, type);
    EXPECT_EQ(nothing.sizes(), at::IntArrayRef({1 << 20, 1 << 20}));
    EXPECT_EQ(nothing.scalar_type(), type);
    EXPECT_LE(nothing.storage().nbytes(), 64U);
  }
}

TEST_F(WeightsFile, TheTypeAskedForIsTheOneGiven) {
  SafetensorsWriter writer;
  writer.add("t", {2}, {1.001F, -3});
  const at::Tensor taken = open(writer.bytes()).take("t", {2}, at::kBFloat16);
  EXPECT_TRUE(at::equal(taken, at::tensor({1.001F, -3.0F}).to(at::kBFloat16)));
}

TEST_F(WeightsFile, AfterTheFirstWrongThingNothingIsRead) {
  SafetensorsWriter writer;
  writer.add("good", {2}, {1, 2});
  WeightReader& reader = open(writer.bytes());
  reader.take("missing", {1});
  EXPECT_EQ(reader.take("good", {2}).storage().nbytes(), sizeof(float)) << "one zero, spread out";
  expect_refused("tensor missing");
}

TEST_F(WeightsFile, AWrongShapeIsNamedBesideTheRightOne) {
  SafetensorsWriter writer;
  writer.add("t", {2, 3}, std::vector<float>(6));
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{3, 2}, {6}, {2, 3, 1}, {}, {2, 2}}) {
    open(writer.bytes()).take("t", shape);
    expect_refused("tensor t has shape [2, 3]");
  }
}

TEST_F(WeightsFile, NumbersThatAreNoneAreRefused) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    SafetensorsWriter writer;
    writer.add("t", {3}, {1, bad, 2});
    open(writer.bytes()).take("t", {3});
    expect_refused("tensor t holds infinite or undefined numbers");
  }
}

TEST_F(WeightsFile, WholeNumbersAreNoWeights) {
  open(safetensors_file(R"({"t":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})", "data"))
      .take("t", {1});
  expect_refused("tensor t holds no floating point numbers");
}

TEST_F(WeightsFile, APrefixStandsBeforeEveryName) {
  SafetensorsWriter writer;
  writer.add("model.visual.a", {1}, {3});
  open(writer.bytes());
  WeightReader reader(*files_, "model.visual.");
  EXPECT_EQ(reader.take("a", {1}).item<float>(), 3);
  EXPECT_TRUE(reader.status().ok());
  reader.take("model.visual.a", {1});
  EXPECT_NE(reader.status().message().find("tensor model.visual.model.visual.a is missing"),
            std::string::npos);
}

TEST(RandomWeights, DependOnSeedNameAndShapeAlone) {
  WeightReader first = WeightReader::random(1);
  first.take("something.else", {5});
  WeightReader second = WeightReader::random(1);
  WeightReader other = WeightReader::random(2);
  const at::Tensor weight = first.take("blocks.0.attn.qkv.weight", {64, 400});
  EXPECT_TRUE(at::equal(weight, second.take("blocks.0.attn.qkv.weight", {64, 400})));
  EXPECT_FALSE(at::equal(weight, other.take("blocks.0.attn.qkv.weight", {64, 400})));
  EXPECT_FALSE(at::equal(weight, second.take("blocks.1.attn.qkv.weight", {64, 400})));
  EXPECT_NEAR(weight.std().item<float>(), 1 / 20.0, 0.005) << "1 / sqrt(inputs)";
  EXPECT_NEAR(first.take("blocks.0.norm1.weight", {4000}).mean().item<float>(), 1, 0.02);
  EXPECT_NEAR(first.take("blocks.0.norm1.bias", {4000}).mean().item<float>(), 0, 0.02);
  EXPECT_TRUE(first.status().ok());
}

TEST_F(WeightsFile, TheFirstThingThatIsWrongIsTold) {
  WeightReader& reader = open(SafetensorsWriter().bytes());
  reader.take("first", {1});
  reader.take("second", {1});
  expect_refused("tensor first");
}

}  // namespace
}  // namespace deepstack
