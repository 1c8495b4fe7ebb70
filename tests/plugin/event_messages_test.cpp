// Events on the bus: which, how many, and that nobody has to ask for them.
#include "gst-plugin/event_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/element_harness.h"
#include "tests/support/manual_clock.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;
using testing::IsEmpty;

std::vector<Owned<GstMessage>> posted(GstBus* bus) {
  std::vector<Owned<GstMessage>> messages;
  while (GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
    messages.emplace_back(message);
  }
  return messages;
}

std::string text(const Owned<GstMessage>& message, const char* field) {
  const char* value = gst_structure_get_string(gst_message_get_structure(message.get()), field);
  return value == nullptr ? "" : value;
}

uint64_t number(const Owned<GstMessage>& message, const char* field) {
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(gst_message_get_structure(message.get()), field, &value));
  return value;
}

void analyse_all(ElementHarness& harness) {
  harness.push_through(0, 10);
  EXPECT_TRUE(harness.push_eos());
}

TEST(EventMessages, AreTheLinesButForUpdates) {
  ElementHarness harness(Source::kFile);
  analyse_all(harness);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  std::vector<std::string> lines;
  for (const nlohmann::json& line : harness.lines()) {
    if (line["event"] != "update") lines.push_back(line.dump());
  }
  std::vector<std::string> messages;
  for (const auto& message : posted(harness.bus.get())) {
    EXPECT_TRUE(gst_message_has_name(message.get(), "deepstack-event"));
    const auto line = nlohmann::json::parse(text(message, "json"));
    EXPECT_EQ(line["event"], text(message, "event"));
    EXPECT_EQ(line["time"]["running_time"], number(message, "running-time"));
    EXPECT_EQ(number(message, "skipped"), 0U);
    messages.push_back(line.dump());
  }
  EXPECT_EQ(messages, lines);
  EXPECT_GE(messages.size(), 3U);  // new, end, stats
}

TEST(EventMessages, NeedNoEventsPad) {
  ElementHarness harness(Source::kFile, Events::kNone);
  analyse_all(harness);
  std::vector<std::string> events;
  while (events.empty() || events.back() != "stats") {
    const Owned<GstMessage> message(
        gst_bus_timed_pop_filtered(harness.bus.get(), 10 * GST_SECOND, GST_MESSAGE_ELEMENT));
    ASSERT_NE(message, nullptr);
    events.push_back(text(message, "event"));
  }
  EXPECT_THAT(events, testing::IsSupersetOf({"new", "end", "stats"}));
}

TEST(EventMessages, AreNotPostedWhenTheyAreSwitchedOff) {
  ElementHarness harness(Source::kFile);
  g_object_set(harness.element.get(), "post-messages", FALSE, nullptr);
  analyse_all(harness);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_THAT(posted(harness.bus.get()), IsEmpty());
}

TEST(EventMessages, AreAtMostTwentyASecondAndSayHowManyWereSkipped) {
  const auto clock = std::make_shared<ManualClock>(0);
  const Owned<GstElement> element = make_deepstack(std::make_shared<ScriptedEncoder>());
  const Owned<GstBus> bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  gst::EventMessages messages(element.get(), clock);
  EventLine line;
  line.json = "{}";
  line.event = "new";
  for (int i = 0; i < 30; ++i) messages.post(line);
  EXPECT_EQ(posted(bus.get()).size(), 20U);
  clock->move_on(1);
  messages.post(line);
  const auto later = posted(bus.get());
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(number(later[0], "skipped"), 10U);
  gst_element_set_bus(element.get(), nullptr);
}

}  // namespace
}  // namespace deepstack::test
