#include "core/model/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::safetensors_file;
using test::SafetensorsWriter;
using test::TempFolder;

constexpr uint64_t kMiB = 1 << 20;

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}";
}

class SafetensorsFile : public testing::Test {
 protected:
  Result<Safetensors> open(const std::string& bytes) {
    return Safetensors::open(folder_.write("model.safetensors", bytes));
  }

  // Refused as corrupt, in one line of bounded length that names the file and has these words.
  void expect_refused(const std::string& bytes, const std::string& words) {
    const Result<Safetensors> file = open(bytes);
    ASSERT_FALSE(file.ok()) << words;
    const std::string& message = file.status().message();
    EXPECT_EQ(file.status().code(), StatusCode::kCorrupt) << message;
    EXPECT_EQ(message.find((folder_.path() / "model.safetensors").string()), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message.substr(0, 400);
    EXPECT_LE(message.size(), 500U) << words;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  void expect_header_refused(const std::string& header, const std::string& data,
                             const std::string& words) {
    expect_refused(safetensors_file(header, data), words);
  }

  TempFolder folder_;
};

TEST_F(SafetensorsFile, GivesBackWhatWasWritten) {
  SafetensorsWriter writer;
  writer.add("b.weight", {2, 3}, {1, 2, 3, 4, 5, 6});
  writer.add("a", {}, {-7});
  writer.add("empty", {0, 4}, {});
  writer.add("\xC3\xA9", {1, 1, 2}, {8, 9});
  Result<Safetensors> file = open(writer.bytes());
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_EQ(file->entries().size(), 4U);
  const TensorEntry& weight = file->entries().at("b.weight");
  EXPECT_EQ(weight.type, TensorType::kF32);
  EXPECT_EQ(weight.shape, (std::vector<int64_t>{2, 3}));
  std::vector<float> values(6);
  ASSERT_TRUE(file->read(weight, values.data()).ok());
  EXPECT_EQ(values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  float scalar = 0;
  ASSERT_TRUE(file->read(file->entries().at("a"), &scalar).ok());
  EXPECT_EQ(scalar, -7);
  EXPECT_TRUE(file->entries().contains("\xC3\xA9"));
}

TEST_F(SafetensorsFile, EveryTypeHasItsSize) {
  const struct {
    const char* dtype;
    TensorType type;
    int bytes;
  } types[] = {{"F32", TensorType::kF32, 4},   {"F16", TensorType::kF16, 2},
               {"BF16", TensorType::kBf16, 2}, {"F64", TensorType::kF64, 8},
               {"I64", TensorType::kI64, 8},   {"I32", TensorType::kI32, 4},
               {"I16", TensorType::kI16, 2},   {"I8", TensorType::kI8, 1},
               {"U8", TensorType::kU8, 1},     {"BOOL", TensorType::kBool, 1}};
  for (const auto& known : types) {
    const std::string offsets = "[0," + std::to_string(3 * known.bytes) + "]";
    const std::string data(static_cast<size_t>(3 * known.bytes), 'x');
    const Result<Safetensors> file =
        open(safetensors_file("{" + entry("t", "[3]", offsets, known.dtype) + "}", data));
    ASSERT_TRUE(file.ok()) << file.status().message();
    EXPECT_EQ(file->entries().at("t").type, known.type);
    expect_header_refused("{" + entry("t", "[4]", offsets, known.dtype) + "}", data, "needs");
  }
}

TEST_F(SafetensorsFile, MetadataAndPaddingOfTheHeaderAreAllowed) {
  EXPECT_TRUE(open(safetensors_file(R"({"__metadata__":{"format":"pt"}}      )", "")).ok());
  EXPECT_TRUE(open(safetensors_file("{}", "")).ok()) << "no tensors";
}

TEST_F(SafetensorsFile, MetadataIsAnObjectOfStrings) {
  EXPECT_TRUE(open(safetensors_file(R"({"__metadata__":{}})", "")).ok());
  EXPECT_TRUE(open(safetensors_file(R"({"__metadata__":{"a":"","b":"[{"}})", "")).ok());
  for (const char* value : {"1", "null", "\"text\"", "[]", R"({"a":1})", R"({"a":null})",
                            R"({"a":["b"]})", R"({"a":{"b":"c"}})"}) {
    expect_header_refused(std::string(R"({"__metadata__":)") + value + "}", "",
                          "__metadata__ that is no object of strings");
  }
  expect_header_refused(R"({"__metadata__":{"a":"","a":""}})", "", "twice: 'a'");
  expect_header_refused(R"({"__metadata__":{},"__metadata__":{}})", "", "twice: '__metadata__'");
}

TEST_F(SafetensorsFile, F17_CutAtAnyByteIsRefused) {
  SafetensorsWriter writer;
  for (int i = 0; i < 10; ++i) {
    writer.add("blocks." + std::to_string(i) + ".weight", {8, 8}, std::vector<float>(64, 0.5F));
  }
  const std::string bytes = writer.bytes();
  ASSERT_TRUE(open(bytes).ok());
  for (size_t length = bytes.size(); length-- > 0;) {
    std::filesystem::resize_file(folder_.path() / "model.safetensors", length);
    const Result<Safetensors> file = Safetensors::open(folder_.path() / "model.safetensors");
    ASSERT_FALSE(file.ok()) << length;
    ASSERT_EQ(file.status().code(), StatusCode::kCorrupt) << length;
    ASSERT_NE(file.status().message().find("model.safetensors: "), std::string::npos);
  }
}

TEST_F(SafetensorsFile, AnyByteOfTheHeaderChangedIsNoCrash) {
  SafetensorsWriter writer;
  writer.add("a", {2}, {1, 2});
  writer.add("b", {1, 2}, {3, 4});
  const std::string good = writer.bytes();
  for (size_t at = 0; at < good.size() - 16; ++at) {
    for (const char value : {'\0', '"', '{', '9', '-', '\x80', '\xFF'}) {
      std::string bytes = good;
      bytes[at] = value;
      const Result<Safetensors> file = open(bytes);
      if (!file.ok()) continue;
      for (const auto& [name, tensor] : file->entries()) EXPECT_LE(tensor.end, bytes.size());
    }
  }
}

TEST_F(SafetensorsFile, F18_LiesAboutTheHeadersLengthAreRefused) {
  const std::string header = "{" + entry("t", "[1]", "[0,4]") + "}";
  expect_refused(safetensors_file(header, "data", 0), "");
  expect_refused(safetensors_file(header, "data", header.size() - 1), "no JSON");
  expect_refused(safetensors_file(header, "data", header.size() + 1), "has 3 bytes of data");
  expect_refused(safetensors_file(header, "data", header.size() + 5), "left");
  expect_refused(safetensors_file(header, "data", UINT64_MAX), "the limit is 16777216");
  expect_refused(safetensors_file(header, "data", UINT64_MAX - 7), "the limit is 16777216");
  expect_refused(safetensors_file(header, "data", 16 * kMiB + 1), "the limit is 16777216");
  expect_refused(safetensors_file(header, "data", 16 * kMiB), "left");
}

TEST_F(SafetensorsFile, F18_ALargeFileWithABombInFrontIsRefusedAtOnce) {
  const auto path = folder_.write("model.safetensors", safetensors_file("", "", uint64_t{1} << 40));
  std::filesystem::resize_file(path, uint64_t{1} << 40);  // sparse: it takes no room
  const Result<Safetensors> file = Safetensors::open(path);
  EXPECT_NE(file.status().message().find("the limit is"), std::string::npos);
}

TEST_F(SafetensorsFile, TensorsMustLieSideBySideToTheEnd) {
  const std::string eight(8, 'x');
  const auto two = [&](const char* first, const char* second) {
    return "{" + entry("a", "[1]", first) + "," + entry("b", "[1]", second) + "}";
  };
  EXPECT_TRUE(open(safetensors_file(two("[0,4]", "[4,8]"), eight)).ok());
  EXPECT_TRUE(open(safetensors_file(two("[4,8]", "[0,4]"), eight)).ok()) << "in any order";
  expect_header_refused(two("[0,4]", "[0,4]"), eight, "inside the one before");
  expect_header_refused(two("[0,4]", "[2,6]"), eight, "inside the one before");
  expect_header_refused(two("[0,4]", "[5,9]"), eight + "x", "with a hole after");
  expect_header_refused(two("[1,5]", "[5,9]"), eight + "x", "with a hole after");
  expect_header_refused(two("[0,4]", "[4,8]"), eight + "x", "the file at");
  expect_header_refused("{}", "x", "the file at");
}

TEST_F(SafetensorsFile, EntriesOfTheWrongFormAreRefusedWithTheirName) {
  const struct {
    std::string value;
    const char* words;
  } cases[] = {
      {"7", "needs exactly"},
      {"[]", "needs exactly"},
      {R"({"dtype":"F32","shape":[1]})", "needs exactly"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1})", "needs exactly"},
      {R"({"more":1,"dtype":"F32","shape":[1],"data_offsets":[0,4]})", "not 'more'"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]})", "twice: 'shape'"},
      {R"({"dtype":"F31","shape":[1],"data_offsets":[0,4]})", "unknown dtype"},
      {R"({"dtype":32,"shape":[1],"data_offsets":[0,4]})", "unknown dtype"},
      {R"({"dtype":null,"shape":[1],"data_offsets":[0,4]})", "unknown dtype"},
      {R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})", "shape"},
      {R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})", "size 1.0"},
      {R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", "size -1"},
      {R"({"dtype":"F32","shape":["1"],"data_offsets":[0,4]})", "size"},
      {R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]})", "size 9223"},
      {R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]})", "at most 8"},
      {R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]})", "2^63"},
      {R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})", "2^63"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", "needs 8"},
      {R"({"dtype":"F32","shape":[0],"data_offsets":[0,4]})", "needs 0"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", "data_offsets [4,0]"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,5]})", "data_offsets [0,5]"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0]})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4.0]})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[-4,0]})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":"0,4"})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})", "no pair"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[]})", "no pair"},
      {R"({"dtype":"F32","shape":[[[1]]],"data_offsets":[0,4]})", "nested"},
      {R"({"dtype":["F32"],"shape":[1],"data_offsets":[0,4]})", "nested"},
      {R"({"dtype":"F32","shape":[{}],"data_offsets":[0,4]})", "nested"},
      {R"({"dtype":"F32","shape":{},"data_offsets":[0,4]})", "no list"},
  };
  for (const auto& bad : cases) {
    expect_header_refused("{\"bad\":" + bad.value + "}", "data", bad.words);
  }
}

TEST_F(SafetensorsFile, F18_HeadersOverALimitAreRefused) {
  std::string many = "{";
  for (int i = 0; i <= 16384; ++i) {
    many += (i == 0 ? "" : ",") + entry(std::to_string(i), "[0]", "[0,0]");
  }
  expect_header_refused(many + "}", "", "more than 16384 tensors");
  const std::string name(256, 'n');
  EXPECT_TRUE(open(safetensors_file("{" + entry(name, "[0]", "[0,0]") + "}", "")).ok());
  expect_header_refused("{" + entry(name + "n", "[0]", "[0,0]") + "}", "", "name of 257 bytes");
  expect_header_refused("{" + entry("", "[0]", "[0,0]") + "}", "", "name of 0 bytes");
}

TEST_F(SafetensorsFile, HeadersThatAreNoObjectOfTensorsAreRefused) {
  const std::string tensor = entry("t", "[1]", "[0,4]");
  expect_header_refused("{" + tensor + "," + tensor + "}", "data", "twice: 't'");
  expect_header_refused("[]", "", "no JSON object");
  expect_header_refused("\"text\"", "", "no JSON object");
  expect_header_refused(std::string(1000, '['), "", "no JSON object");
  expect_header_refused(std::string(1 << 20, '{'), "", "no JSON");
  expect_header_refused("{" + entry("\xFF\xFE", "[1]", "[0,4]") + "}", "data", "no JSON");
  expect_header_refused("{" + entry("\xC3\x28", "[1]", "[0,4]") + "}", "data", "no JSON");
  expect_header_refused(std::string("\0\0\0\0", 4), "", "no JSON");
}

TEST_F(SafetensorsFile, HostileTextIsShownShortAndInOneLine) {
  const std::string large(kMiB, 'x');
  const std::string long_name(60'000, 'x');
  expect_header_refused("{" + entry("t", "[1]", "[0,4]", large) + "}", "data",
                        "string of 1048578 bytes");
  expect_header_refused("{" + entry("t", "[1]", "[0,4]", long_name) + "}", "data", "unknown dtype");
  expect_header_refused(R"({"a\nERROR: b":1})", "data", "needs exactly");
  expect_header_refused(
      R"({"t":{"dtype":"F32","shape":[")" + long_name + R"("],"data_offsets":[0,4]}})", "data",
      "shape with the size");
}

}  // namespace
}  // namespace deepstack
