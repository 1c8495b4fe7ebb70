// The counters on the bus, once a second, unless they are turned off.
#include "gst-plugin/stats_messages.h"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/element_harness.h"

namespace deepstack::gst {
namespace {

struct OnABus {
  explicit OnABus(GstBus* bus)
      : element(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr)))),
        messages(element.get(), [](GstElement*) { return gst_structure_new_empty("figures"); }) {
    gst_element_set_bus(element.get(), bus);
  }
  ~OnABus() {
    messages.stop();
    gst_element_set_bus(element.get(), nullptr);
  }
  OnABus(const OnABus&) = delete;
  OnABus& operator=(const OnABus&) = delete;

  GstRef<GstElement> element;
  StatsMessages messages;
};

TEST(StatsMessages, ComeOnceASecondFromThoseThatAreAsked) {
  GstBus* bus = gst_bus_new();
  {
    OnABus quiet(bus);
    OnABus loud(bus);
    quiet.messages.set_enabled(false);
    quiet.messages.start();
    loud.messages.start();
    const gint64 began_us = g_get_monotonic_time();
    for (int i = 0; i < 2; ++i) {
      GstMessage* message = gst_bus_timed_pop(bus, 10 * GST_SECOND);
      ASSERT_NE(message, nullptr);
      EXPECT_EQ(GST_MESSAGE_SRC(message), GST_OBJECT(loud.element.get()));
      EXPECT_TRUE(gst_message_has_name(message, "figures"));
      gst_message_unref(message);
    }
    EXPECT_GE(g_get_monotonic_time() - began_us, 1'900'000);
  }
  gst_object_unref(bus);
}

TEST(StatsMessages, MayBeStoppedTwiceAndOutliveNothing) {
  const GstRef<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
  StatsMessages messages(element.get(), [](GstElement*) { return gst_structure_new_empty("x"); });
  messages.stop();
  messages.start();
  messages.start();
  messages.stop();
  messages.stop();
}

}  // namespace
}  // namespace deepstack::gst
