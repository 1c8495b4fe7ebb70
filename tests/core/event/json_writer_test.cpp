#include "core/event/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

namespace deepstack {
namespace {

using nlohmann::json;

std::string quoted(const std::string& text, uint64_t replaced) {
  std::string written;
  JsonWriter writer(written);
  writer.value(text);
  EXPECT_EQ(writer.replaced(), replaced) << written;
  return written;
}

std::string number(double value, int decimals = 4) {
  std::string written;
  JsonWriter(written).number(value, decimals);
  return written;
}

TEST(JsonWriter, PutsCommasBetweenMembersAndNowhereElse) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  writer.key("a");
  writer.begin_array();
  writer.begin_object();
  writer.end_object();
  writer.begin_array();
  writer.end_array();
  writer.value(-1);
  writer.value(true);
  writer.value(nullptr);
  writer.end_array();
  writer.member("b", "c");
  writer.member("d", std::numeric_limits<uint64_t>::max());
  writer.key("e");
  writer.raw(R"({"f":[1,2]})");
  writer.end_object();
  EXPECT_EQ(text, R"({"a":[{},[],-1,true,null],"b":"c","d":18446744073709551615,"e":{"f":[1,2]}})");
}

TEST(JsonWriter, NumbersAreRoundedOnceAndAlwaysHaveAPoint) {
  EXPECT_EQ(number(1), "1.0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.12345), "0.1235");
  EXPECT_EQ(number(-0.00004), "-0.0");
  EXPECT_EQ(number(0.0001), "0.0001");
  EXPECT_EQ(number(2.0 / 1920, 8), "0.00104167");
  EXPECT_EQ(number(1'764'000'000.123456, 6), "1764000000.123456");
  EXPECT_EQ(number(1e300), number(1e300)) << "too large to be rounded";
  EXPECT_EQ(json::parse(number(std::numeric_limits<double>::max())),
            std::numeric_limits<double>::max());
}

TEST(JsonWriter, ANumberThatIsNoneIsZeroAndCounted) {
  for (const double wrong : {std::nan(""), double{INFINITY}, -double{INFINITY}}) {
    std::string text;
    JsonWriter writer(text);
    writer.number(wrong);
    EXPECT_EQ(text, "0.0");
    EXPECT_EQ(writer.replaced(), 1U);
  }
}

TEST(JsonWriter, TextIsEscapedAndWhatIsNoUtf8IsMarkedAndCounted) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\x01\x1f/\x7f", 0), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/\x7f\"");
  EXPECT_EQ(quoted(std::string("a\0b", 3), 0), "\"a\\u0000b\"");
  EXPECT_EQ(quoted("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 0),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("a\xFFz", 1), "\"a" + mark + "z\"");
  EXPECT_EQ(quoted("\x80\x80", 1), "\"" + mark + mark + "\"");
  EXPECT_EQ(quoted("\xE2\x82", 1), "\"" + mark + "\"") << "cut short";
  EXPECT_EQ(quoted("\xC0\xAF", 1), "\"" + mark + "\"") << "longer than needed";
  EXPECT_EQ(quoted("\xED\xA0\x80", 1), "\"" + mark + "\"") << "half of a surrogate pair";
  EXPECT_EQ(quoted("\xF4\x90\x80\x80", 1), "\"" + mark + "\"") << "beyond the last";
}

// The library is the judge: it refuses what is no UTF-8, and reads back what is.
TEST(JsonWriter, AnyBytesAreReadBackByAnotherParser) {
  std::mt19937 random(7);
  constexpr unsigned char kAwkward[] = {'a',  '"',  '\\', 0x00, 0x1f, 0x80, 0xA0, 0xBF,
                                        0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (size_t left = random() % 8; left > 0; --left) {
      bytes += static_cast<char>(kAwkward[random() % std::size(kAwkward)]);
    }
    std::string text;
    JsonWriter writer(text);
    writer.value(bytes);
    const json read = json::parse(text, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(read.is_string()) << text;
    if (writer.replaced() == 0) {
      ASSERT_EQ(read.get<std::string>(), bytes);
      continue;
    }
    // It was wrong indeed.
    EXPECT_THROW((void)json(bytes).dump(), json::exception);
  }
}

}  // namespace
}  // namespace deepstack
