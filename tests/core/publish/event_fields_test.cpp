#include "core/publish/event_fields.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(EventFields, AreFoundWhereTheSchemasHaveThem) {
  const struct {
    const char* line;
    const char* source;
    const char* event;
  } kCases[] = {
      {R"({"event":"new","source":"door","time":{"source":"ntp"}})", "door", "new"},
      {R"({"event":"new","time":{"source":"ntp"}})", "", "new"},
      {R"({"type":"update","before":{"camera":"a"},"after":{"camera":"yard"}})", "a", "update"},
      {R"({"camera":{"state":"lost"},"source":"door","event":"camera.lost"})", "door",
       "camera.lost"},
      {R"({"sensorId":"HWY_20","objects":["a|b"]})", "HWY_20", ""},
      {R"({"Frame":[{"@UtcTime":"t","@Source":"token"}]})", "token", ""},
      {R"({"source":["a"],"event":7})", "", ""},
      {"no json", "", ""},
      {"", "", ""},
  };
  for (const auto& [line, source, event] : kCases) {
    const EventFields fields = event_fields(line);
    EXPECT_EQ(fields.source, source) << line;
    EXPECT_EQ(fields.event, event) << line;
  }
  EXPECT_EQ(event_fields(std::string(100'000, '[')).source, "");
}

TEST(EventFields, NothingLeavesItsLevelOfATopic) {
  EXPECT_EQ(mqtt_level("a/b+c#d\n"), "a_b_c_d_");
  EXPECT_EQ(mqtt_level("$SYS"), "_SYS");
  EXPECT_EQ(mqtt_level(""), "unknown");
  EXPECT_EQ(mqtt_level("T\xC3\xBCr"), "T\xC3\xBCr");
  const std::string longest(127, 'a');
  EXPECT_EQ(mqtt_level(longest + "\xC3\xBC"), longest);
  EXPECT_EQ(kafka_word("T\xC3\xBCr/1.a-b"), "T__r_1.a-b");
  EXPECT_EQ(kafka_word(""), "unknown");
}

}  // namespace
}  // namespace deepstack
