// Headers made to cost: as long as a header may be, and each wrong. One is refused in 100 ms on a
// quiet machine, held as a ratio to other work of this run, and with at most twice its size of memory.
#include <gtest/gtest.h>

#include "core/model/safetensors.h"
#include "tests/support/cost.h"
#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

constexpr size_t kTextBytes = SafetensorsLimits::kTextBytes;
constexpr double kMostMilliseconds = 100;  // printed beside
constexpr double kMostYardsticks = 2;      // held
constexpr double kNoiseMebibytes = 8;

struct Hostile {
  const char* what;
  std::string (*header)();
  const char* words;  // of the message
};

std::string repeated(std::string text, const std::string& unit, const std::string& end) {
  text.reserve(kTextBytes);
  while (text.size() + unit.size() + end.size() <= kTextBytes) text += unit;
  return text + end;
}

// unit(0), unit(1), ... with commas between, between begin and end, as many as fit.
template <typename Unit>
std::string numbered(std::string text, const Unit& unit, const std::string& end,
                     int most = 1 << 30) {
  text.reserve(kTextBytes);
  for (int i = 0; i < most; ++i) {
    const std::string next = (i == 0 ? "" : ",") + unit(i);
    if (text.size() + next.size() + end.size() > kTextBytes) break;
    text += next;
  }
  return text + end;
}

std::string digits(int i) { return std::to_string(1'000'000 + i); }

std::string tensor(const std::string& name, const char* shape = "[0]") {
  return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,0]})";
}

std::string copies(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

const char* const kLastIsWrong = R"(,"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
const char* const kLargeShape =
    "[0,9223372036854775807,9223372036854775807,9223372036854775807,"
    "9223372036854775807,9223372036854775807,9223372036854775807,0]";

const Hostile kOneToken[] = {
    {"a name", [] { return repeated("{\"", "n", "\":1}"); }, "string of 9437180 bytes"},
    {"a name of escapes", [] { return repeated("{\"", "\\u0000", "\":1}"); }, "a string of"},
    {"a dtype", [] { return repeated(R"({"t":{"dtype":")", "F", R"("}})"); }, "a string of"},
    {"a metadata value", [] { return repeated(R"({"__metadata__":{"a":")", "\xC3\xA9", "\"}}"); },
     "a string of"},
    {"a number",
     [] {
       return repeated(R"({"t":{"dtype":"F32","shape":[)", "9", R"(],"data_offsets":[0,4]}})");
     },
     "number or word of"},
    {"a word", [] { return repeated("", "t", ""); }, "number or word of 9437184"},
    {"backslashes", [] { return repeated("\"", "\\", ""); }, "a string of 9437184 bytes"},
    {"zero bytes", [] { return std::string(kTextBytes, '\0'); }, "number or word of 9437184"},
    {"no UTF-8", [] { return std::string(kTextBytes, '\xFF'); }, "number or word of 9437184"},
    {"quotes of escapes", [] { return repeated("\"", "\\\"", ""); }, "a string of 9437183 bytes"},
    {"space inside", [] { return repeated("{", "\n", "}"); }, "bytes of space"},
};

const Hostile kManyTokens[] = {
    {"lists", [] { return std::string(kTextBytes, '['); }, "no JSON object"},
    {"objects", [] { return std::string(kTextBytes, '{'); }, "no JSON at byte 2"},
    {"objects in objects", [] { return repeated("", "{\"a\":", "1"); }, "needs exactly"},
    {"lists in a shape", [] { return repeated(R"({"t":{"shape":)", "[", ""); }, "nested list"},
    {"quotes", [] { return std::string(kTextBytes, '"'); }, "no JSON object"},
    {"commas", [] { return repeated("{", ",", "}"); }, "no JSON at byte 2"},
    {"sizes", [] { return repeated(R"({"t":{"dtype":"F32","shape":[0)", ",0", "]}}"); },
     "at most 8 sizes"},
    {"offsets", [] { return repeated(R"({"t":{"data_offsets":[0)", ",0", "]}}"); }, "no pair"},
    {"fields",
     [] { return numbered(R"({"t":{)", [](int i) { return "\"" + digits(i) + "\":1"; }, "}}"); },
     "not '1000000'"},
    {"one field", [] { return repeated(R"({"t":{"dtype":"F32")", R"(,"dtype":"F32")", "}}"); },
     "twice: 'dtype'"},
    {"one name", [] { return repeated("{" + tensor("t"), "," + tensor("t"), "}"); }, "twice: 't'"},
    {"tiny tensors",
     [] {
       return numbered(
           "{", [](int i) { return tensor(digits(i)); }, "}");
     },
     "more than 16384 tensors"},
    {"names that are no tensors",
     [] {
       return numbered(
           "{", [](int i) { return "\"" + digits(i) + "\":1"; }, "}");
     },
     "needs exactly"},
};

const Hostile kMetadata[] = {
    {"metadata keys",
     [] {
       return numbered(R"({"__metadata__":{)", [](int i) { return "\"" + digits(i) + "\":\"\""; },
                       "}}");
     },
     "more than 1024 keys"},
    {"metadata values",
     [] {
       const std::string value = copies("\xC3\xA9", 32'000);
       return numbered(R"({"__metadata__":{)",
                       [&](int i) { return "\"" + digits(i) + "\":\"" + value + "\""; }, "}}");
     },
     "more than 262144 bytes in __metadata__"},
    {"metadata values of escapes",
     [] {
       const std::string value = copies("\\u0000", 10'000);
       return numbered(R"({"__metadata__":{)",
                       [&](int i) { return "\"" + digits(i) + "\":\"" + value + "\""; }, "}}");
     },
     "more than 262144 bytes in __metadata__"},
    {"metadata lists", [] { return repeated(R"({"__metadata__":{"a":[)", "0,", "0]}}"); },
     "no object of strings"},
};

// Right to the last tensor: these are read to their end.
const Hostile kLate[] = {
    {"large names",
     [] {
       const std::string rest = copies("\xC3\xA9", 124);
       return numbered(
           "{", [&](int i) { return tensor(digits(i) + rest, kLargeShape); }, kLastIsWrong, 16383);
     },
     "tensor z has data_offsets [0,4]"},
    {"large names of escapes",
     [] {
       const std::string rest = copies("\\u0000", 249);
       return numbered(
           "{", [&](int i) { return tensor(digits(i) + rest, kLargeShape); }, kLastIsWrong, 16383);
     },
     "tensor z has data_offsets [0,4]"},
    {"all tensors it may have, space and metadata",
     [] {
       const std::string rest = copies("\xC3\xA9", 124);
       const std::string value = copies("\xC3\xA9", 32'000);
       std::string begin = "{" + std::string(SafetensorsLimits::kSpaceBytes, ' ');
       begin = numbered(
           begin + R"("__metadata__":{)",
           [&](int i) { return "\"" + digits(i) + "\":\"" + value + "\""; }, "},", 4);
       return numbered(
           begin, [&](int i) { return tensor(digits(i) + rest, kLargeShape); }, kLastIsWrong,
           16383);
     },
     "tensor z has data_offsets [0,4]"},
};

class F18_HostileHeaders : public testing::Test {
 protected:
  void expect_cheap_refusal(const Hostile& hostile, bool padded = false) {
    std::string header = hostile.header();
    if (padded) header.resize(SafetensorsLimits::kHeaderBytes, ' ');
    const double header_mebibytes = write(std::move(header));
    Result<Safetensors> file = internal("");
    const test::Cost cost = test::cost_of([&] { file = Safetensors::open(path_); });
    ASSERT_FALSE(file.ok()) << hostile.what;
    const std::string& message = file.status().message();
    EXPECT_EQ(file.status().code(), StatusCode::kCorrupt) << message;
    EXPECT_EQ(message.find(path_.string() + ": "), 0U) << message;
    EXPECT_NE(message.find(hostile.words), std::string::npos) << hostile.what << ": " << message;
    EXPECT_LE(message.size(), 500U) << hostile.what;
    EXPECT_EQ(message.find('\n'), std::string::npos) << hostile.what;
    if (!test::kCostsAreReal) return;
    const double yardsticks =
        test::relative_time_of([&] { file = Safetensors::open(path_); }, kMostYardsticks);
    std::printf("%-45s %5.1f ms of %.0f, %4.2f yardsticks of %.0f, %4.1f MiB for %4.1f of header\n",
                hostile.what, cost.milliseconds, kMostMilliseconds, yardsticks, kMostYardsticks,
                cost.mebibytes, header_mebibytes);
    EXPECT_LE(yardsticks, kMostYardsticks) << hostile.what;
    EXPECT_LE(cost.mebibytes, 2 * header_mebibytes + kNoiseMebibytes) << hostile.what;
  }

 private:
  double write(std::string header) {
    folder_.write("model.safetensors", test::safetensors_file(header, ""));
    return static_cast<double>(header.size()) / (1 << 20);
  }

  const test::TempFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "model.safetensors";
};

TEST_F(F18_HostileHeaders, OfOneTokenCostLittle) {
  for (const Hostile& hostile : kOneToken) expect_cheap_refusal(hostile);
}

TEST_F(F18_HostileHeaders, OfManyTokensCostLittle) {
  for (const Hostile& hostile : kManyTokens) expect_cheap_refusal(hostile);
}

TEST_F(F18_HostileHeaders, OfMetadataCostLittle) {
  for (const Hostile& hostile : kMetadata) expect_cheap_refusal(hostile);
}

TEST_F(F18_HostileHeaders, ThatAreWrongAtTheirEndCostLittle) {
  for (const Hostile& hostile : kLate) {
    expect_cheap_refusal(hostile);
    expect_cheap_refusal(hostile, true);
  }
}

TEST_F(F18_HostileHeaders, OfAllTheBytesAHeaderMayHaveCostLittle) {
  constexpr size_t kAll = SafetensorsLimits::kHeaderBytes;
  expect_cheap_refusal({"text", [] { return std::string(kAll, '{'); }, "the limit is 9437184"});
  expect_cheap_refusal({"padding", [] { return std::string(kAll, ' '); }, "no JSON at byte 1"});
}

}  // namespace
}  // namespace deepstack
