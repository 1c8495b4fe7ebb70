#include "core/model/model_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using nlohmann::json;
using test::TempFolder;

const json kGood = [] {
  return json::parse(R"({
    "model_type": "deepstack_vit", "name": "tiny", "version": "1.2",
    "image_size": [32, 16], "patch_size": 4, "hidden_size": 24, "num_attention_heads": 2,
    "num_hidden_layers": 4, "intermediate_size": 48, "layer_norm_eps": 1e-5,
    "hidden_act": "gelu", "rotary": true, "rope_theta": 100.0,
    "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6],
    "tap_layers": [1, 3, 4], "projection_size": 16, "fusion": "concat", "output_size": 64,
    "pool": [4, 2],
    "match": {"mrope_section": [4, 2, 2], "mrope_theta": 1e6, "mrope_rate": 2,
              "attention_scale": 8, "level_bias": [0.5, 0, -0.5],
              "level_gap_slope": [-1, 0, 1], "scale": 12, "offset": 0.25}})");
}();

class ModelConfigFile : public testing::Test {
 protected:
  Result<ModelConfig> read(const std::string& text) {
    folder_.write("config.json", text);
    return read_model_config(folder_.path());
  }

  void expect_refused(const std::string& text, const std::string& words) {
    const Result<ModelConfig> config = read(text);
    ASSERT_FALSE(config.ok()) << words << " in " << text.substr(0, 2000);
    const std::string& message = config.status().message();
    EXPECT_EQ(message.find((folder_.path() / "config.json").string() + ": "), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message.substr(0, 400);
    EXPECT_LE(message.size(), 500U);
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  TempFolder folder_;
};

TEST_F(ModelConfigFile, EveryValueIsRead) {
  const Result<ModelConfig> config = read(kGood.dump());
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "tiny 1.2");
  EXPECT_EQ(config->picture.crop_height, 32);
  EXPECT_EQ(config->picture.crop_width, 16);
  EXPECT_EQ(config->tower.table_rows, 8);
  EXPECT_EQ(config->tower.table_columns, 4);
  EXPECT_EQ(config->tower.hidden_size, 24);
  EXPECT_EQ(config->tower.head_size(), 12);
  EXPECT_EQ(config->tower.layers, 4);
  EXPECT_EQ(config->tower.intermediate_size, 48);
  EXPECT_EQ(config->tower.layer_norm_eps, 1e-5);
  EXPECT_TRUE(config->tower.rotary);
  EXPECT_EQ(config->tower.rope_theta, 100);
  EXPECT_FALSE(config->tower.tanh_gelu);
  EXPECT_TRUE(config->tower.final_norm);
  EXPECT_EQ(config->picture.mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ(config->picture.std, (std::vector<double>{0.4, 0.5, 0.6}));
  EXPECT_EQ(config->tower.tap_layers, (std::vector<int>{1, 3, 4}));
  EXPECT_EQ(config->fusion.kind, FusionKind::kConcat);
  EXPECT_EQ(config->fusion.output_size, 64);
  EXPECT_EQ(config->level_width(), 16);
  EXPECT_EQ(config->pool_rows, 4);
  EXPECT_EQ(config->pool_columns, 2);
  EXPECT_EQ(config->match.mrope_section, (std::array<int, 3>{4, 2, 2}));
  EXPECT_EQ(config->match.mrope_theta, 1e6);
  EXPECT_EQ(config->match.mrope_rate, 2);
  EXPECT_EQ(config->match.attention_scale, 8);
  EXPECT_EQ(config->match.level_bias, (std::vector<float>{0.5F, 0, -0.5F}));
  EXPECT_EQ(config->match.level_gap_slope, (std::vector<float>{-1, 0, 1}));
  EXPECT_EQ(config->match.scale, 12);
  EXPECT_EQ(config->match.offset, 0.25F);
}

TEST_F(ModelConfigFile, AmplitudesAreOneUnlessGiven) {
  json config = kGood;
  EXPECT_EQ(read(config.dump())->match.mrope_amplitude, (std::array<double, 3>{1, 1, 1}));
  config["match"]["mrope_amplitude"] = {0, 0.5, 1};
  EXPECT_EQ(read(config.dump())->match.mrope_amplitude, (std::array<double, 3>{0, 0.5, 1}));
}

TEST_F(ModelConfigFile, WhatIsLeftBeyondWholePatchesIsCutOff) {
  // The article's 384 pixels are 27 patches of 14 and 6 pixels, as a convolution has it.
  json config = kGood;
  config["image_size"] = {384, 384};
  config["patch_size"] = 14;
  const Result<ModelConfig> article = read(config.dump());
  ASSERT_TRUE(article.ok()) << article.status().message();
  EXPECT_EQ(article->picture.crop_height, 384);
  EXPECT_EQ(article->tower.table_rows, 27);
  EXPECT_EQ(article->tower.table_columns, 27);
}

TEST_F(ModelConfigFile, AnOutputNeedsAdaptersInTheFile) {
  json config = kGood;
  config["projection_size"] = 0;
  config["match"]["mrope_section"] = {4, 4, 4};
  expect_refused(config.dump(), "output_size");
}

TEST_F(ModelConfigFile, TheDefaultModelsIsGood) {
  const auto config = read_model_config(DEEPSTACK_SOURCE_DIR "/samples/model/default");
  EXPECT_TRUE(config.ok()) << config.status().message();
}

TEST_F(ModelConfigFile, WhatMayBeLeftOutHasADefault) {
  json config = kGood;
  for (const char* key : {"name", "version", "layer_norm_eps", "hidden_act", "rotary", "rope_theta",
                          "fusion", "output_size"}) {
    config.erase(key);
  }
  const Result<ModelConfig> read_config = read(config.dump());
  ASSERT_TRUE(read_config.ok()) << read_config.status().message();
  EXPECT_EQ(read_config->name, folder_.path().filename().string());
  EXPECT_EQ(read_config->tower.layer_norm_eps, 1e-6);
  EXPECT_TRUE(read_config->tower.tanh_gelu);
  EXPECT_FALSE(read_config->tower.rotary);
  EXPECT_EQ(read_config->fusion.kind, FusionKind::kGated);
  EXPECT_EQ(read_config->fusion.output_size, 0);
  config.erase("projection_size");
  config["match"]["mrope_section"] = {4, 4, 4};
  const Result<ModelConfig> plain = read(config.dump());
  ASSERT_TRUE(plain.ok()) << plain.status().message();
  EXPECT_EQ(plain->level_width(), 24) << "without adapters a level is as wide as the tower";
}

TEST_F(ModelConfigFile, AMissingKeyIsNamed) {
  for (const char* key : {"model_type", "image_size", "patch_size", "hidden_size",
                          "num_attention_heads", "num_hidden_layers", "intermediate_size",
                          "image_mean", "image_std", "tap_layers", "pool", "match"}) {
    json config = kGood;
    config.erase(key);
    expect_refused(config.dump(), key);
  }
  for (const auto& [key, value] : kGood.at("match").items()) {
    json config = kGood;
    config["match"].erase(key);
    expect_refused(config.dump(), key);
  }
}

TEST_F(ModelConfigFile, AValueOfTheWrongTypeIsNamed) {
  for (const auto& [key, value] : kGood.items()) {
    for (const json& wrong : {json(nullptr), json::object({{"a", 1}}), json::array({"x"})}) {
      if (key == "match" && wrong.is_object()) continue;
      json config = kGood;
      config[key] = wrong;
      expect_refused(config.dump(), key);
    }
  }
  for (const auto& [key, value] : kGood.at("match").items()) {
    for (const json& wrong : {json(nullptr), json("7"), json::array({"x", "y", "z"})}) {
      json config = kGood;
      config["match"][key] = wrong;
      expect_refused(config.dump(), key);
    }
  }
}

TEST_F(ModelConfigFile, F20_AValueOutOfRangeIsNamed) {
  const struct {
    const char* key;
    json value;
  } cases[] = {
      {"model_type", "llama"},
      {"image_size", {32}},
      {"image_size", {32, 16, 3}},
      {"image_size", {2, 16}},
      {"image_size", {4100, 16}},
      {"image_size", {4294967328, 16}},  // 2^32 + 32
      {"image_size", {32.5, 16}},
      {"patch_size", 0},
      {"patch_size", 65},
      {"patch_size", 4.0},
      {"hidden_size", 7},
      {"hidden_size", 8193},
      {"hidden_size", 4294967320},  // 2^32 + 24
      {"num_attention_heads", 0},
      {"num_attention_heads", 5},  // does not divide 24
      {"num_attention_heads", 4},  // heads of 6 channels cannot be turned in 2-D
      {"num_hidden_layers", 0},
      {"num_hidden_layers", 129},
      {"intermediate_size", 65537},
      {"layer_norm_eps", 0},
      {"layer_norm_eps", 1},
      {"hidden_act", "relu"},
      {"rotary", 1},
      {"rotary", "true"},
      {"rope_theta", 0.5},
      {"image_mean", {0, 0}},
      {"image_mean", {0, 0, 1e300}},
      {"image_std", {0.5, 0, 0.5}},
      {"image_std", {0.5, -1, 0.5}},
      {"image_std", {0.5, 1e-300, 0.5}},
      {"tap_layers", json::array()},
      {"tap_layers", {3, 1}},
      {"tap_layers", {1, 1}},
      {"tap_layers", {0, 1}},
      {"tap_layers", {1, 5}},
      {"tap_layers", {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {"projection_size", -1},
      {"projection_size", 8193},
      {"fusion", "sum"},
      {"output_size", -1},
      {"pool", {0, 2}},
      {"pool", {17, 2}},
      {"pool", {4294967300, 2}},  // 2^32 + 4
  };
  for (const auto& bad : cases) {
    json config = kGood;
    config[bad.key] = bad.value;
    expect_refused(config.dump(), bad.key);
  }
}

TEST_F(ModelConfigFile, AValueOfTheMatcherOutOfRangeIsNamed) {
  const struct {
    const char* key;
    json value;
  } cases[] = {
      {"mrope_section", {4, 2, 3}},
      {"mrope_section", {-4, 6, 6}},
      {"mrope_section", {8, 0}},
      {"mrope_section", {2147483647, 2147483647, 10}},
      {"mrope_section", {4294967300, 2, 2}},
      {"mrope_theta", 0},
      {"mrope_rate", -1},
      {"mrope_amplitude", {1, 1}},
      {"mrope_amplitude", {1, 1, 1.5}},
      {"mrope_amplitude", {-0.1, 1, 1}},
      {"attention_scale", 1e4},
      {"level_bias", {0, 0}},
      {"level_bias", {0, 0, 1e300}},
      {"level_gap_slope", {0, 0, 0, 0}},
      {"level_gap_slope", {0, 0, -1e39}},
      {"scale", 0},
      {"offset", 11},
  };
  for (const auto& bad : cases) {
    json config = kGood;
    config["match"][bad.key] = bad.value;
    expect_refused(config.dump(), bad.key);
  }
}

TEST_F(ModelConfigFile, F20_HostileTextIsRefusedShortAndInOneLine) {
  expect_refused("", "JSON");
  expect_refused("[]", "no JSON object");
  expect_refused(std::string(100'000, '['), "nested");
  expect_refused(R"({"a":1,"a":2})", "twice");
  expect_refused(std::string((1 << 20) + 1, ' '), "the limit is 1048576");
  json config = kGood;
  config["model_type"] = "x\nERROR: y" + std::string(10'000, 'z');
  expect_refused(config.dump(), "model_type");
  config = kGood;
  config["hidden_size"] = std::string(100'000, 'z');
  expect_refused(config.dump(), "hidden_size");
  std::string text = kGood.dump();
  expect_refused(text.replace(text.find("1e-05"), 5, "1e999"), "JSON");
}

TEST_F(ModelConfigFile, F20_AnythingButAFileIsNamed) {
  EXPECT_EQ(read_model_config(folder_.path()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(read_model_config(folder_.path() / "missing").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(read_model_config("").status().code(), StatusCode::kNotFound);
  std::filesystem::create_directory(folder_.path() / "config.json");
  const Status status = read_model_config(folder_.path()).status();
  EXPECT_EQ(status.code(), StatusCode::kCorrupt);
  EXPECT_NE(status.message().find("is no regular file"), std::string::npos);
}

TEST_F(ModelConfigFile, CutAnywhereItIsRefused) {
  const std::string text = kGood.dump();
  ASSERT_TRUE(read(text).ok());
  for (size_t length = text.size(); length-- > 0;) {
    std::filesystem::resize_file(folder_.path() / "config.json", length);
    EXPECT_FALSE(read_model_config(folder_.path()).ok()) << length;
  }
}

}  // namespace
}  // namespace deepstack
