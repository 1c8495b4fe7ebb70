#include "core/event/event_tags.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(EventTags, AreKeptAsTheyAreButForSpace) {
  for (const auto& [text, kept] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", ""},
           {" {} ", "{}"},
           {"{\"site\": \"north\",\n \"floor\": 2, \"at\": [1.50, -3, true, null, {\"a\": []}]}",
            "{\"site\":\"north\",\"floor\":2,\"at\":[1.50,-3,true,null,{\"a\":[]}]}"},
           {"{\"b\":1,\"a\":18446744073709551615}", "{\"b\":1,\"a\":18446744073709551615}"},
           {"{\"\\u00e9\":\"\\n\"}", "{\"\xC3\xA9\":\"\\n\"}"}}) {
    const Result<std::string> tags = parse_tags(text);
    ASSERT_TRUE(tags.ok()) << text << ": " << tags.status().message();
    EXPECT_EQ(*tags, kept);
  }
}

TEST(EventTags, RefuseWhatIsNoObjectOrTooMuchAndSayWhy) {
  std::string many = "{";
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  std::string list = "{\"a\":[0";
  for (int i = 0; i < 256; ++i) list += ",0";
  const std::pair<std::string, const char*> cases[] = {
      {"[1]", "object"},
      {"3", "object"},
      {"\"text\"", "object"},
      {"{\"a\":1", "no JSON"},
      {"{\"a\":1,\"a\":2}", "twice"},
      {"{\"a\":\"\xFF\"}", "no JSON"},
      {"{\"a\":1e999}", "no JSON"},
      {"{\"a\":NaN}", "no JSON"},
      {std::string("{\"a\":") + std::string(8, '[') + std::string(8, ']') + "}", "deeper than 8"},
      {many + "}", "more than 64 keys"},
      {list + "]}", "more than 256 values"},
      {"{\"a\":\"" + std::string(2000, 'x') + "\"}", "the limit is 1024"},
      {"{\"a\":1}" + std::string(5000, ' '), "the limit is 4096"}};
  for (const auto& [text, reason] : cases) {
    const Result<std::string> tags = parse_tags(text);
    ASSERT_FALSE(tags.ok()) << text;
    EXPECT_EQ(tags.status().code(), StatusCode::kInvalid);
    EXPECT_NE(tags.status().message().find("tags"), std::string::npos) << tags.status().message();
    EXPECT_NE(tags.status().message().find(reason), std::string::npos) << tags.status().message();
  }
}

}  // namespace
}  // namespace deepstack
