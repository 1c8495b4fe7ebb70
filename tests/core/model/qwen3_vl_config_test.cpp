#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/model/model_config.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using nlohmann::json;

// The published config of the 4B model, as far as it concerns the vision half.
const json kPublished = json::parse(R"({
  "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
  "image_token_id": 151655, "video_token_id": 151656, "vision_start_token_id": 151652,
  "text_config": {"head_dim": 128, "hidden_size": 2560, "rope_theta": 5000000,
    "rope_scaling": {"mrope_interleaved": true, "mrope_section": [24, 20, 20],
                     "rope_type": "default"}},
  "vision_config": {"deepstack_visual_indexes": [5, 11, 17], "depth": 24,
    "hidden_act": "gelu_pytorch_tanh", "hidden_size": 1024, "in_channels": 3,
    "initializer_range": 0.02, "intermediate_size": 4096, "model_type": "qwen3_vl",
    "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 2560, "patch_size": 16,
    "spatial_merge_size": 2, "temporal_patch_size": 2}})");

const json kProcessor = json::parse(R"({
  "size": {"longest_edge": 16777216, "shortest_edge": 65536}, "patch_size": 16,
  "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5, 0.5, 0.5],
  "image_std": [0.5, 0.5, 0.5], "resample": 3, "image_processor_type": "Qwen2VLImageProcessorFast"})");

class Qwen3VlConfig : public testing::Test {
 protected:
  Result<ModelConfig> read(const json& config) {
    folder_.write("config.json", config.dump());
    return read_model_config(folder_.path());
  }
  void expect_refused(const json& config, const std::string& words,
                      const std::string& file = "config.json") {
    const Result<ModelConfig> result = read(config);
    ASSERT_FALSE(result.ok()) << words;
    const std::string& message = result.status().message();
    EXPECT_EQ(message.find((folder_.path() / file).string() + ": "), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  const test::TempFolder folder_;
};

TEST_F(Qwen3VlConfig, ThePublishedOneIsReadWhole) {
  const Result<ModelConfig> config = read(kPublished);
  ASSERT_TRUE(config.ok()) << config.status().message();
  const TowerConfig& tower = config->tower;
  EXPECT_EQ(tower.layers, 24);
  EXPECT_EQ(tower.hidden_size, 1024);
  EXPECT_EQ(tower.head_size(), 64);
  EXPECT_EQ(tower.intermediate_size, 4096);
  EXPECT_EQ(tower.patch_size, 16);
  EXPECT_EQ(tower.temporal_patch, 2);
  EXPECT_EQ(tower.merge, 2);
  EXPECT_EQ(tower.table_rows, 48);
  EXPECT_EQ(tower.layer_norm_eps, 1e-6);
  EXPECT_TRUE(tower.rotary && tower.tanh_gelu && tower.convolves_time);
  EXPECT_FALSE(tower.final_norm);
  EXPECT_EQ(tower.tap_layers, (std::vector<int>{6, 12, 18})) << "after this many blocks";
  EXPECT_EQ(config->merger.output_size, 2560);
  EXPECT_EQ(config->merger.deepstack, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(config->picture.min_pixels, 65536) << "the processor's, when its file is missing";
  EXPECT_EQ(config->picture.max_pixels, 16777216);
  EXPECT_EQ(config->clip.max_pixels, 25165824);
  EXPECT_TRUE(config->picture.bicubic);
  ASSERT_TRUE(config->text_rope);
  EXPECT_EQ(config->text_rope->head_size, 128);
  EXPECT_EQ(config->text_rope->theta, 5e6);
  EXPECT_EQ(config->text_rope->section, (std::array<int, 3>{24, 20, 20}));
  EXPECT_EQ(config->text_rope->yarn_factor, 0);
  EXPECT_EQ(config->text_rope->image_token, 151655);
  EXPECT_EQ(config->match.mrope_section, (std::array<int, 3>{192, 160, 160}));
  EXPECT_EQ(config->match.level_bias.size(), 3U);
}

TEST_F(Qwen3VlConfig, AVisionConfigAloneIsEnough) {
  for (const char* type : {"qwen3_vl", "qwen3_vl_vision", "qwen3_vl_moe_vision"}) {
    json vision = kPublished["vision_config"];
    vision["model_type"] = type;
    const Result<ModelConfig> config = read(vision);
    ASSERT_TRUE(config.ok()) << config.status().message();
    EXPECT_EQ(config->tower.layers, 24);
    EXPECT_FALSE(config->text_rope);
  }
}

TEST_F(Qwen3VlConfig, LevelsRiseWhateverTheOrderOfTheList) {
  json config = kPublished;
  config["vision_config"]["deepstack_visual_indexes"] = {17, 5, 11};
  const Result<ModelConfig> unsorted = read(config);
  ASSERT_TRUE(unsorted.ok());
  EXPECT_EQ(unsorted->tower.tap_layers, (std::vector<int>{6, 12, 18}));
  EXPECT_EQ(unsorted->merger.deepstack, (std::vector<int>{1, 2, 0})) << "by place in the list";
}

TEST_F(Qwen3VlConfig, WithoutLevelsTheLastBlockIsTheOne) {
  json config = kPublished;
  config["vision_config"]["deepstack_visual_indexes"] = json::array();
  const Result<ModelConfig> empty = read(config);
  ASSERT_TRUE(empty.ok()) << empty.status().message();
  EXPECT_EQ(empty->tower.tap_layers, (std::vector<int>{24}));
  EXPECT_TRUE(empty->merger.deepstack.empty());
}

TEST_F(Qwen3VlConfig, RopeParametersOfLaterFilesAndYarnAreRead) {
  json config = kPublished;
  config["text_config"].erase("rope_theta");
  config["text_config"].erase("rope_scaling");
  config["text_config"]["rope_parameters"] = {{"rope_type", "yarn"},
                                              {"rope_theta", 1e6},
                                              {"factor", 3.0},
                                              {"original_max_position_embeddings", 262144},
                                              {"mrope_section", {24, 20, 20}}};
  const Result<ModelConfig> yarn = read(config);
  ASSERT_TRUE(yarn.ok()) << yarn.status().message();
  EXPECT_EQ(yarn->text_rope->theta, 1e6);
  EXPECT_EQ(yarn->text_rope->yarn_factor, 3);
  EXPECT_EQ(yarn->text_rope->yarn_original_positions, 262144);
}

TEST_F(Qwen3VlConfig, TheProcessorsFilesWin) {
  json processor = kProcessor;
  processor["size"] = {{"shortest_edge", 1024}, {"longest_edge", 4096}};
  processor["image_mean"] = {0.1, 0.2, 0.3};
  folder_.write("preprocessor_config.json", processor.dump());
  folder_.write("video_preprocessor_config.json", R"({"fps": 4, "max_frames": 32,
                "size": {"shortest_edge": 2048, "longest_edge": 8192}})");
  const Result<ModelConfig> config = read(kPublished);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->picture.min_pixels, 1024);
  EXPECT_EQ(config->picture.max_pixels, 4096);
  EXPECT_EQ(config->picture.mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ(config->clip.max_pixels, 8192);
  EXPECT_EQ(config->clip.fps, 4);
  EXPECT_EQ(config->clip.max_frames, 32);
  EXPECT_EQ(config->clip.min_frames, 4);
}

TEST_F(Qwen3VlConfig, AProcessorOfAnotherModelIsRefusedByItsOwnName) {
  json processor = kProcessor;
  processor["patch_size"] = 14;
  folder_.write("preprocessor_config.json", processor.dump());
  expect_refused(kPublished, "'patch_size' is 14, the model's is 16", "preprocessor_config.json");
  processor = kProcessor;
  processor["size"]["shortest_edge"] = 1 << 30;
  folder_.write("preprocessor_config.json", processor.dump());
  expect_refused(kPublished, "'size'", "preprocessor_config.json");
  folder_.write("preprocessor_config.json", "{");
  expect_refused(kPublished, "JSON", "preprocessor_config.json");
}

TEST_F(Qwen3VlConfig, AMissingKeyIsNamed) {
  for (const char* key : {"depth", "hidden_size", "num_heads", "intermediate_size", "patch_size",
                          "num_position_embeddings", "out_hidden_size"}) {
    json config = kPublished;
    config["vision_config"].erase(key);
    expect_refused(config, key);
  }
}

TEST_F(Qwen3VlConfig, AValueOutOfRangeIsNamed) {
  const struct {
    const char* key;
    json value;
  } cases[] = {{"depth", 0},
               {"depth", "24"},
               {"num_heads", 15},
               {"num_heads", 512},
               {"hidden_size", 1 << 20},
               {"hidden_act", "silu"},
               {"in_channels", 4},
               {"temporal_patch_size", 0},
               {"spatial_merge_size", 9},
               {"num_position_embeddings", 2305},
               {"out_hidden_size", 0},
               {"deepstack_visual_indexes", {5, 24}},
               {"deepstack_visual_indexes", {5, 5}},
               {"deepstack_visual_indexes", {-1}},
               {"deepstack_visual_indexes", {0, 1, 2, 3, 4, 5, 6, 7, 8}},
               {"deepstack_visual_indexes", "5"}};
  for (const auto& bad : cases) {
    json config = kPublished;
    config["vision_config"][bad.key] = bad.value;
    expect_refused(config, bad.key);
  }
  json config = kPublished;
  config["vision_config"] = 7;
  expect_refused(config, "vision_config");
  config = kPublished;
  config["text_config"]["rope_scaling"]["mrope_section"] = {24, 20, 21};
  expect_refused(config, "mrope_section");
}

TEST_F(Qwen3VlConfig, AHeadBringsFusionAndMatching) {
  const json head = json::parse(R"({
    "model_type": "deepstack_head", "name": "cameras", "hidden_size": 1024, "levels": 3,
    "projection_size": 16, "fusion": "gated", "pool": [6, 3],
    "match": {"mrope_section": [4, 2, 2], "mrope_theta": 1e6, "mrope_rate": 2,
              "attention_scale": 8, "level_bias": [0.5, 0, -0.5], "level_gap_slope": [-1, 0, 1],
              "scale": 12, "offset": 0.25}})");
  folder_.write("config.json", kPublished.dump());
  const test::TempFolder head_folder;
  head_folder.write("config.json", head.dump());
  const Result<ModelConfig> config = read_model_config(folder_.path(), head_folder.path());
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->level_width(), 16);
  EXPECT_EQ(config->pool_rows, 6);
  EXPECT_EQ(config->head, head_folder.path());
  EXPECT_EQ(config->match.scale, 12);
  EXPECT_NE(config->name.find(" + cameras"), std::string::npos);

  const std::pair<const char*, json> wrong[] = {
      {"hidden_size", 1152}, {"levels", 2}, {"model_type", "qwen3_vl"}, {"projection_size", -1}};
  for (const auto& [key, value] : wrong) {
    json bad = head;
    bad[key] = value;
    head_folder.write("config.json", bad.dump());
    const Status status = read_model_config(folder_.path(), head_folder.path()).status();
    EXPECT_NE(status.message().find(key), std::string::npos) << status.message();
    EXPECT_EQ(status.message().find((head_folder.path() / "config.json").string()), 0U);
  }
  EXPECT_EQ(read_model_config(folder_.path(), "/none").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack
