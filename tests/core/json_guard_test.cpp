#include "core/json_guard.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

using nlohmann::json;

std::string repeated(const std::string& text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

std::string nested(const std::string& open, const std::string& close, size_t depth) {
  return repeated(open, depth) + "1" + repeated(close, depth);
}

// Refused, in one line of bounded length that has these words.
void expect_refused(std::string_view text, const std::string& words,
                    const JsonLimits& limits = {}) {
  const Result<JsonTree> parsed = parse_guarded_json(text, limits);
  ASSERT_FALSE(parsed.ok()) << text.substr(0, 80);
  const std::string& message = parsed.status().message();
  EXPECT_EQ(parsed.status().code(), StatusCode::kCorrupt);
  EXPECT_NE(message.find(words), std::string::npos) << message.substr(0, 400);
  EXPECT_LE(message.size(), 400U) << text.substr(0, 80);
  EXPECT_EQ(message.find('\n'), std::string::npos) << text.substr(0, 80);
}

TEST(JsonGuard, GivesWhatTheLibraryWouldGive) {
  for (const char* text :
       {"{}", "[]", "1", "null", R"("text")", R"({"a":[1,-2,3.5,true,null],"b":{"a":"\u00e9"}})",
        R"([{"a":1},{"a":2}])", " \n{ \"a\" : 1 } "}) {
    const Result<JsonTree> parsed = parse_guarded_json(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status().message();
    EXPECT_EQ(**parsed, json::parse(text));
  }
}

TEST(JsonGuard, DepthIsBoundedForArraysAndObjects) {
  const JsonLimits limits{.max_depth = 5};
  EXPECT_TRUE(parse_guarded_json(nested("[", "]", 5), limits).ok());
  EXPECT_TRUE(parse_guarded_json(nested("{\"a\":", "}", 5), limits).ok());
  EXPECT_TRUE(
      parse_guarded_json("[" + nested("[", "]", 4) + "," + nested("[", "]", 4) + "]", limits).ok())
      << "depth falls again";
  EXPECT_TRUE(parse_guarded_json(R"([{"a":{}},{"a":{}},{"a":{}},{"a":{}}])", limits).ok());
  expect_refused(nested("[", "]", 6), "nested deeper than 5", limits);
  expect_refused(nested("{\"a\":", "}", 6), "nested deeper than 5", limits);
}

TEST(JsonGuard, F20_AMillionBracketsAreRefusedAtOnce) {
  expect_refused(std::string(1'000'000, '['), "nested deeper than 32");
  expect_refused(repeated("{\"a\":", 200'000), "nested deeper than 32");
}

TEST(JsonGuard, F20_SizeIsBoundedBeforeAnythingIsScanned) {
  const JsonLimits limits{.max_bytes = 10};
  EXPECT_TRUE(parse_guarded_json("[12345678]", limits).ok());
  expect_refused("[123456789]", "11 bytes of JSON, the limit is 10", limits);
}

TEST(JsonGuard, KeysAreBoundedOverAllObjects) {
  const JsonLimits limits{.max_keys = 3};
  EXPECT_TRUE(parse_guarded_json(R"([{"a":1,"b":2},{"c":3}])", limits).ok());
  expect_refused(R"([{"a":1,"b":2},{"c":3,"d":4}])", "more than 3 keys", limits);
}

TEST(JsonGuard, F20_AKeyTwiceInOneObjectIsRefused) {
  expect_refused(R"({"a":1,"b":2,"a":3})", "twice: 'a'");
  expect_refused(R"({"x":[{"k":1,"\u006b":2}]})", "twice: 'k'");
  EXPECT_TRUE(parse_guarded_json(R"({"a":{"a":1},"b":{"a":2}})").ok());
}

TEST(JsonGuard, WhatIsNoJsonIsRefusedWithItsPlace) {
  const struct {
    std::string text;
    const char* words;
  } cases[] = {
      {"", "byte 1"},
      {"{", "byte 2"},
      {"[1,]", "byte 4"},
      {"{} {}", "byte 4"},
      {"nul", "byte 4"},
      {"'a'", "byte 1"},
      {std::string("[\0]", 3), "byte 2"},
      {"\"\xC3\x28\"", "byte 3"},
      {"\"\xFF\"", "byte 2"},
      {"NaN", "byte 1"},
      {"[1e999]", "no JSON"},
      {"{1:2}", "byte 2"},
      {"[\"\n\"]", "byte 3"},
      {"// note\n1", "byte 1"},
  };
  for (const auto& bad : cases) expect_refused(bad.text, bad.words);
}

TEST(JsonGuard, LongOrHostileTextDoesNotReachTheMessage) {
  const std::string name(100'000, 'n');
  expect_refused("{\"" + name + "\":1,\"" + name + "\":2}", "twice");
  expect_refused(R"({"a\nb":1,"a\nb":2})", "twice");
  expect_refused("[\"" + name, "no JSON");
  expect_refused("[1" + std::string(100'000, '0') + "e999]", "no JSON");
}

TEST(JsonGuard, TokensAreMeasuredAsTheyAreWritten) {
  const JsonLimits limits{.max_token_bytes = 8};
  for (const char* text : {R"(["123456"])", "[12345678,123456,true]",
                           R"({"123456":"1\"\\6","\\":"\\\""})", R"(["a","[],:{}","\u0041"])"}) {
    EXPECT_TRUE(parse_guarded_json(text, limits).ok()) << text;
  }
  expect_refused(R"(["1234567"])", "a string of 9 bytes at byte 2, the limit is 8", limits);
  expect_refused(R"({"1234567":1})", "a string of 9 bytes at byte 2", limits);
  expect_refused(R"([1,"1\"\\67"])", "a string of 9 bytes at byte 4", limits);
  expect_refused(R"(["\u00411"])", "a string of 9 bytes at byte 2", limits);
  expect_refused("[123456789]", "a number or word of 9 bytes at byte 2", limits);
  expect_refused("[\"1234567", "a string of 8 bytes", {.max_token_bytes = 7});
  expect_refused("[\"123456\\", "a string of 8 bytes", {.max_token_bytes = 7});
}

TEST(JsonGuard, SpaceBetweenTokensIsBounded) {
  const JsonLimits limits{.max_space_bytes = 4};
  EXPECT_TRUE(parse_guarded_json("[ 1\t,\n2]\r", limits).ok());
  EXPECT_TRUE(parse_guarded_json(R"(["            "])", limits).ok());
  expect_refused("[ 1 , 2  ]", "more than 4 bytes of space", limits);
  expect_refused("[1,2]     ", "more than 4 bytes of space", limits);
  expect_refused(std::string(100, ' '), "more than 4 bytes of space", limits);
}

TEST(JsonGuard, ElementsAreBoundedOverAllLists) {
  const JsonLimits limits{.max_elements = 6};
  EXPECT_TRUE(parse_guarded_json(R"([1,"2",null,true,[6.5]])", limits).ok());
  EXPECT_TRUE(parse_guarded_json(R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":[1]})", limits).ok());
  expect_refused(R"([1,"2",null,true,[6.5,7]])", "more than 6 list elements", limits);
  expect_refused("[[],[],[],{},{},{},{}]", "more than 6 list elements", limits);
}

TEST(JsonGuard, TextCutAnywhereIsAnErrorAndNoCrash) {
  const std::string text = R"({"a":[1,2.5e3,{"b":"x\u00e9\"y"},true,null],"c":-1})";
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse_guarded_json(text.substr(0, length)).ok()) << length;
  }
  EXPECT_TRUE(parse_guarded_json(text).ok());
}

}  // namespace
}  // namespace deepstack
