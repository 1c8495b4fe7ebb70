#include "core/model/weight_files.h"

#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "tests/support/cost.h"
#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using nlohmann::json;

const char* const kIndex = "model.safetensors.index.json";
const char* const kFirst = "model-00001-of-00002.safetensors";
const char* const kSecond = "model-00002-of-00002.safetensors";

class ModelFolder : public testing::Test {
 protected:
  // A file of tensors of one number each.
  void write_file(const std::string& name, const std::map<std::string, float>& tensors) {
    test::SafetensorsWriter writer;
    for (const auto& [tensor, value] : tensors) writer.add(tensor, {1}, {value});
    folder_.write(name, writer.bytes());
  }
  // Two shards: a.x and b.x in the first, c in the second, and an index that says so.
  void write_shards() {
    write_file(kFirst, {{"a.x", 1}, {"b.x", 2}});
    write_file(kSecond, {{"c", 3}});
    write_index({{"a.x", kFirst}, {"b.x", kFirst}, {"c", kSecond}});
  }
  void write_index(const json& weight_map) {
    folder_.write(kIndex, json{{"metadata", {{"total_size", 12}, {"more", {1, {{"k", 2}}}}}},
                               {"weight_map", weight_map}}
                              .dump(2));
  }

  // NAN when there is no such tensor, or it cannot be read.
  static float value(const WeightFiles& weights, const std::string& name) {
    const auto place = weights.find(name);
    float number = 0;
    if (!place || !place->file->read(*place->entry, &number).ok()) return NAN;
    return number;
  }

  // Refused, in one line that begins with the file and has these words.
  void expect_refused(const std::string& file, const std::string& words,
                      StatusCode code = StatusCode::kCorrupt) {
    const Result<WeightFiles> weights = WeightFiles::open(folder_.path());
    ASSERT_FALSE(weights.ok()) << words;
    const std::string& message = weights.status().message();
    EXPECT_EQ(weights.status().code(), code) << message;
    EXPECT_EQ(message.find((folder_.path() / file).string() + ": "), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << words << ": " << message;
    EXPECT_LE(message.size(), 500U) << words;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  void expect_index_refused(const std::string& text, const std::string& words) {
    folder_.write(kIndex, text);
    expect_refused(kIndex, words);
  }

  const test::TempFolder folder_;
};

TEST_F(ModelFolder, OneFileIsRead) {
  write_file("model.safetensors", {{"a", 1}, {"b", 2}});
  const Result<WeightFiles> weights = WeightFiles::open(folder_.path());
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  EXPECT_EQ(value(*weights, "a"), 1);
  EXPECT_EQ(value(*weights, "b"), 2);
  EXPECT_FALSE(weights->find("c"));
  EXPECT_EQ(weights->find("a")->file->path(), folder_.path() / "model.safetensors");
}

TEST_F(ModelFolder, ShardsAreReadAsOne) {
  write_shards();
  Result<WeightFiles> opened = WeightFiles::open(folder_.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const WeightFiles weights = *std::move(opened);
  EXPECT_EQ(value(weights, "a.x"), 1);
  EXPECT_EQ(value(weights, "b.x"), 2);
  EXPECT_EQ(value(weights, "c"), 3);
  EXPECT_FALSE(weights.find("d"));
  EXPECT_EQ(weights.find("c")->file->path(), folder_.path() / kSecond);
}

TEST_F(ModelFolder, PrefixesAreFound) {
  write_shards();
  const Result<WeightFiles> weights = WeightFiles::open(folder_.path());
  ASSERT_TRUE(weights.ok());
  for (const char* prefix : {"", "a", "a.", "a.x", "b.", "c"}) {
    EXPECT_TRUE(weights->has_prefix(prefix)) << prefix;
  }
  for (const char* prefix : {"a.x.", "a.y", "aa", "d", "x"}) {
    EXPECT_FALSE(weights->has_prefix(prefix)) << prefix;
  }
}

TEST_F(ModelFolder, TheSingleFileWins) {
  write_shards();
  write_file("model.safetensors", {{"a.x", 7}});
  const Result<WeightFiles> weights = WeightFiles::open(folder_.path());
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ(value(*weights, "a.x"), 7);
  EXPECT_FALSE(weights->find("c"));
  folder_.write("model.safetensors", "short");
  expect_refused("model.safetensors", "needs at least 8");
}

TEST_F(ModelFolder, TheIndexDecidesWhereATensorIs) {
  write_file("one.safetensors", {{"a", 1}, {"b", 2}, {"only here", 3}});
  write_file("two.safetensors", {{"a", 4}, {"b", 5}});
  write_index({{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  const Result<WeightFiles> weights = WeightFiles::open(folder_.path());
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  EXPECT_EQ(value(*weights, "a"), 1);
  EXPECT_EQ(value(*weights, "b"), 5);
  EXPECT_FALSE(weights->find("only here")) << "not in the index";
}

TEST_F(ModelFolder, LinksIntoACacheAreFollowed) {
  // As the Hugging Face cache lays it out: snapshots/x/NAME -> ../../blobs/HASH.
  const auto snapshot = folder_.path() / "snapshots" / "x";
  std::filesystem::create_directories(folder_.path() / "blobs");
  std::filesystem::create_directories(snapshot);
  write_file("blobs/0123", {{"a", 1}});
  folder_.write("blobs/4567", json{{"weight_map", {{"a", kFirst}}}}.dump());
  std::filesystem::create_symlink("../../blobs/0123", snapshot / kFirst);
  std::filesystem::create_symlink("../../blobs/4567", snapshot / kIndex);
  const Result<WeightFiles> sharded = WeightFiles::open(snapshot);
  ASSERT_TRUE(sharded.ok()) << sharded.status().message();
  EXPECT_EQ(value(*sharded, "a"), 1);
  std::filesystem::create_symlink("../../blobs/0123", snapshot / "model.safetensors");
  const Result<WeightFiles> single = WeightFiles::open(snapshot);
  ASSERT_TRUE(single.ok()) << single.status().message();
  EXPECT_EQ(value(*single, "a"), 1);
}

TEST_F(ModelFolder, MissingFilesAreNamed) {
  const Result<WeightFiles> none = WeightFiles::open(folder_.path());
  EXPECT_EQ(none.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(
      none.status().message(),
      folder_.path().string() + ": has neither model.safetensors nor model.safetensors.index.json");
  write_shards();
  std::filesystem::remove(folder_.path() / kSecond);
  expect_refused(kSecond, "no such file", StatusCode::kNotFound);
  std::filesystem::create_directory(folder_.path() / kSecond);
  expect_refused(kSecond, "is no regular file");
}

TEST_F(ModelFolder, ATensorThatItsShardLacksIsNamedWithTheShard) {
  write_shards();
  write_index({{"a.x", kFirst}, {"b.x", kSecond}, {"c", kSecond}});
  expect_refused(kIndex, std::string("tensor b.x in ") + kSecond + ", which has none");
}

TEST_F(ModelFolder, AWrongShardIsNamed) {
  write_shards();
  folder_.write(kFirst, test::safetensors_file(R"({"a.x":1})", ""));
  expect_refused(kFirst, "tensor a.x needs exactly");
}

TEST_F(ModelFolder, ShardNamesLeadNowhereElse) {
  write_shards();
  const auto outside = folder_.path() / "folder";
  std::filesystem::create_directory(outside);
  write_file("folder/x.safetensors", {{"a.x", 1}});
  for (const std::string& name :
       {(outside / "x.safetensors").string(), std::string("folder/x.safetensors"),
        std::string("./folder/x.safetensors"), std::string("folder/../model-00001.safetensors"),
        std::string("../x.safetensors"), std::string("folder\\x.safetensors"), std::string(""),
        std::string("model-00001-of-00002.bin"), std::string("x.safetensors\n"),
        std::string("x.safetensors\0", 14), std::string("a\nb.safetensors"),
        std::string("\x1b[2J.safetensors"), std::string(300, 'x') + ".safetensors"}) {
    write_index({{"a.x", name}});
    expect_refused(kIndex, "names the shard '");
  }
}

TEST_F(ModelFolder, WrongIndexesAreRefused) {
  write_shards();
  const struct {
    std::string text;
    const char* words;
  } cases[] = {
      {"", "no JSON"},
      {"[]", "no JSON object"},
      {"1", "no JSON object"},
      {"{}", "names no tensors"},
      {R"({"weight_map":{}})", "names no tensors"},
      {R"({"metadata":{"weight_map":{"a.x":"x.safetensors"}}})", "names no tensors"},
      {R"({"weight_map":[]})", "weight_map that is no object"},
      {R"({"weight_map":"x.safetensors"})", "weight_map that is no object"},
      {R"({"weight_map":{"a.x":1}})", "names no shard for tensor a.x"},
      {R"({"weight_map":{"a.x":null}})", "names no shard for tensor a.x"},
      {R"({"weight_map":{"a.x":["x.safetensors"]}})", "names no shard for tensor a.x"},
      {R"({"weight_map":{"a.x":{}}})", "names no shard for tensor a.x"},
      {R"({"weight_map":{"":"x.safetensors"}})", "tensor name of 0 bytes"},
      {R"({"weight_map":{")" + std::string(257, 'n') + R"(":"x.safetensors"}})",
       "tensor name of 257 bytes"},
      {R"({"weight_map":{"a":"x.safetensors","a":"y.safetensors"}})", "twice: 'a'"},
      {R"({"weight_map":{"a":"x.safetensors"},"weight_map":{}})", "twice: 'weight_map'"},
      {R"({"weight_map":{"a":"x.safetensors"}} x)", "no JSON"},
      {R"({"metadata":)" + std::string(20, '['), "nested deeper than 8"},
  };
  for (const auto& bad : cases) expect_index_refused(bad.text, bad.words);
}

TEST_F(ModelFolder, AnIndexCutAnywhereIsRefused) {
  write_shards();
  std::string text = json{{"weight_map", {{"a.x", kFirst}, {"c", kSecond}}}}.dump();
  for (size_t length = text.size(); length-- > 0;) {
    expect_index_refused(text.substr(0, length), "no JSON");
  }
}

TEST_F(ModelFolder, IndexesOverALimitAreRefusedCheaply) {
  const auto map = [](int count, const char* name, const char* shard) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      text += (i == 0 ? "\"" : ",\"") + number + name + "\":\"" + (*shard == '#' ? number : "") +
              (shard + (*shard == '#')) + "\"";
    }
    return R"({"weight_map":{)" + text + "}}";
  };
  std::string keys = R"({"metadata":{"k":1)";
  for (int i = 0; i < 300'000; ++i) keys += ",\"" + std::to_string(i) + "\":1";
  const struct {
    std::string text;
    const char* words;
  } cases[] = {
      {std::string((4 << 20) + 1, ' '), "the limit is 4194304"},
      {std::string(4 << 20, ' '), "bytes of space"},
      {std::string(1 << 20, ' '), "no JSON"},
      {std::string(4 << 20, '['), "no JSON object"},
      {std::string(4 << 20, '"'), "no JSON object"},
      {"{\"" + std::string((4 << 20) - 2, 'n'), "a string of"},
      {keys + "}}", "more than 1024 keys beside weight_map"},
      {map(1025, "", "#.safetensors"), "more than 1024 shards"},
      {map(65537, "", "x.safetensors"), "more than 65536 tensors"},
      {map(20'000, std::string(150, 'n').c_str(), "x.safetensors") + "}", "no JSON"},
  };
  for (const auto& bad : cases) {
    folder_.write(kIndex, bad.text);
    const test::Cost cost = test::cost_of([&] { (void)WeightFiles::open(folder_.path()); });
    expect_refused(kIndex, bad.words);
    if (!test::kCostsAreReal) continue;
    constexpr double kMostYardsticks = 2;
    EXPECT_LE(test::relative_time_of([&] { (void)WeightFiles::open(folder_.path()); },
                                     kMostYardsticks),
              kMostYardsticks)
        << bad.words << " took " << cost.milliseconds << " ms of 100";
    EXPECT_LE(cost.mebibytes, 2.0 * static_cast<double>(bad.text.size()) / (1 << 20) + 8)
        << bad.words;
  }
}

TEST_F(ModelFolder, HeadersOfAllShardsTogetherAreBounded) {
  json weight_map;
  for (int shard = 0; shard < 5; ++shard) {
    const std::string name = std::to_string(shard) + ".safetensors";
    test::SafetensorsWriter writer;
    for (int i = 0; i < 16384; ++i) {
      writer.add(std::to_string(shard) + "." + std::to_string(i), {0}, {});
    }
    folder_.write(name, writer.bytes());
    weight_map[std::to_string(shard) + ".0"] = name;
    write_index(weight_map);
    EXPECT_EQ(WeightFiles::open(folder_.path()).ok(), shard < 4) << shard;
  }
  expect_refused(kIndex, "81920 tensors");
  const std::string padded = "{}" + std::string(9 << 20, ' ');
  folder_.write("0.safetensors", test::safetensors_file(padded, ""));
  folder_.write("1.safetensors", test::safetensors_file(padded, ""));
  expect_refused(kIndex, "bytes of headers up to 1.safetensors");
}

}  // namespace
}  // namespace deepstack
