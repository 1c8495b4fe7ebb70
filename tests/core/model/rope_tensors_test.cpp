#include "core/model/rope_tensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace deepstack {
namespace {

ModelConfig config_of() {
  ModelConfig config;
  config.tower.merge = 2;
  config.merger.output_size = 40;
  config.text_rope = TextRopeConfig{
      .head_size = 16, .theta = 5e6, .section = {4, 2, 2}, .image_token = 120, .video_token = 121};
  return config;
}

HostTensor whole(std::vector<int64_t> shape, const std::vector<int64_t>& values) {
  return {TensorType::kI64, std::move(shape),
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * 8)};
}

template <typename T>
std::vector<T> numbers(const HostTensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

// Text, a picture of 2 x 3 tokens, text.
HostTensors prompt() {
  return {{"input_ids", whole({1, 9}, {5, 122, 120, 120, 120, 120, 120, 120, 6})},
          {"image_grid_thw", whole({1, 3}, {1, 4, 6})}};
}

TEST(RopeTensors, APromptsPicturesAreFoundByTheirToken) {
  const Result<HostTensors> out = rope_tensors(config_of(), prompt());
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ(out->at("position_ids").shape, (std::vector<int64_t>{3, 1, 9}));
  EXPECT_EQ(numbers<int64_t>(out->at("position_ids")),
            (std::vector<int64_t>{0, 1, 2, 2, 2, 2, 2, 2, 5,     // time
                                  0, 1, 2, 2, 2, 3, 3, 3, 5,     // row
                                  0, 1, 2, 3, 4, 2, 3, 4, 5}));  // column
  EXPECT_EQ(numbers<int64_t>(out->at("rope_deltas")), (std::vector<int64_t>{-3}));
  EXPECT_EQ(out->at("angles").shape, (std::vector<int64_t>{1, 9, 8}));
}

TEST(RopeTensors, SequencesOfABatchShareTheGridsInOrder) {
  HostTensors input{{"input_ids", whole({2, 4}, {120, 1, 1, 1, 0, 120, 120, 1})},
                    {"attention_mask", whole({2, 4}, {1, 1, 1, 1, 0, 1, 1, 1})},
                    {"image_grid_thw", whole({2, 3}, {1, 2, 2, 1, 2, 4})}};
  const Result<HostTensors> out = rope_tensors(config_of(), input);
  ASSERT_TRUE(out.ok()) << out.status().message();
  const std::vector<int64_t> ids = numbers<int64_t>(out->at("position_ids"));
  EXPECT_EQ(std::vector<int64_t>(ids.begin(), ids.begin() + 8),
            (std::vector<int64_t>{0, 1, 2, 3, 0, 0, 0, 2}));
}

TEST(RopeTensors, AnglesArePositionsTimesFrequencies) {
  const HostTensors input{{"positions", whole({2, 3}, {262143, 7, 9, 0, 0, 36000})}};
  const Result<HostTensors> out = rope_tensors(config_of(), input);
  ASSERT_TRUE(out.ok()) << out.status().message();
  const std::vector<double> angles = numbers<double>(out->at("angles"));
  ASSERT_EQ(angles.size(), 16U);
  const double position[] = {262143, 7, 9, 262143, 7, 9, 262143, 262143};
  for (size_t pair = 0; pair < 8; ++pair) {
    EXPECT_NEAR(angles[pair], position[pair] * std::pow(5e6, -static_cast<double>(pair) / 8), 1e-6);
  }
  EXPECT_FALSE(out->contains("position_ids"));
}

TEST(RopeTensors, GridsAloneStandBackToBack) {
  const HostTensors input{{"grid_thw", whole({2, 3}, {1, 4, 2, 2, 2, 2})}};
  const Result<HostTensors> out = rope_tensors(config_of(), input);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ(numbers<int64_t>(out->at("position_ids")),
            (std::vector<int64_t>{0, 0, 2, 3, 0, 1, 2, 3, 0, 0, 2, 3}));
}

TEST(RopeTensors, WithoutALanguageModelTheMatchsOwnAngleIsMeant) {
  ModelConfig config;
  config.tower.hidden_size = 12;
  config.match.mrope_section = {2, 2, 2};
  config.match.mrope_theta = 100;
  const HostTensors input{{"positions", whole({1, 3}, {1, 2, 3})}};
  const Result<HostTensors> out = rope_tensors(config, input);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ(out->at("angles").shape, (std::vector<int64_t>{1, 6}));
}

TEST(RopeTensors, WrongInputIsNamed) {
  const auto refusal = [](const HostTensors& input) {
    const Result<HostTensors> out = rope_tensors(config_of(), input);
    EXPECT_FALSE(out.ok());
    return out.status().message();
  };
  EXPECT_NE(refusal({}).find("positions, input_ids and grid_thw"), std::string::npos);
  EXPECT_NE(refusal({{"positions", whole({3}, {1, 2, 3})}}).find("[N, 3]"), std::string::npos);
  HostTensors input = prompt();
  input["image_grid_thw"] = whole({1, 3}, {1, 4, 4});
  EXPECT_NE(refusal(input).find("picture"), std::string::npos);
  input = prompt();
  input["mm_token_type_ids"] = whole({1, 8}, {0, 0, 1, 1, 1, 1, 1, 1});
  EXPECT_NE(refusal(input).find("mm_token_type_ids has 8 numbers"), std::string::npos);
  input["mm_token_type_ids"] = whole({1, 9}, {0, 0, 1, 1, 1, 1, 1, 3, 0});
  EXPECT_NE(refusal(input).find("mm_token_type_ids has 3"), std::string::npos);
  input = prompt();
  input["input_ids"].type = TensorType::kF64;
  EXPECT_NE(refusal(input).find("input_ids holds no whole numbers"), std::string::npos);
  input["input_ids"].shape = {1, 1, 9};
  EXPECT_NE(refusal(input).find("[B, S]"), std::string::npos);
}

}  // namespace
}  // namespace deepstack
