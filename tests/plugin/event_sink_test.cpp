#include "gst-plugin/event_sink.h"

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/element_harness.h"
#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

constexpr char kCaps[] = "application/x-json, format=(string)deepstack-1";

class EventSinkTest : public testing::Test {
 protected:
  EventSinkTest()
      : element_(GST_ELEMENT(
            gst_object_ref_sink(gst_element_factory_make("deepstackeventsink", nullptr)))) {
    set("uri", "file://" + (folder_.path() / "events.jsonl").string());
  }
  ~EventSinkTest() override {
    if (harness_ != nullptr) gst_harness_teardown(harness_);
    gst_element_set_state(element_.get(), GST_STATE_NULL);
  }

  void set(const char* property, const std::string& value) {
    g_object_set(element_.get(), property, value.c_str(), nullptr);
  }
  void start(const char* caps = kCaps) {
    harness_ = gst_harness_new_with_element(element_.get(), "sink", nullptr);
    gst_harness_set_src_caps_str(harness_, caps);
  }
  GstFlowReturn push(const std::string& text) {
    GstBuffer* buffer = gst_buffer_new_memdup(text.data(), text.size());
    return gst_harness_push(harness_, buffer);
  }
  std::string written() const {
    std::stringstream text;
    text << std::ifstream(folder_.path() / "events.jsonl").rdbuf();
    return text.str();
  }

  const TempFolder folder_;
  const Owned<GstElement> element_;
  GstHarness* harness_ = nullptr;
};

TEST_F(EventSinkTest, EndOfStreamWaitsUntilAllLinesOfAllBuffersAreWritten) {
  start();
  EXPECT_EQ(push("{\"a\":1}\n"), GST_FLOW_OK);
  EXPECT_EQ(push("{\"b\":1}\r\n\n{\"c\":1}"), GST_FLOW_OK);
  EXPECT_EQ(push("\n"), GST_FLOW_OK);
  for (int i = 0; i < 500; ++i) push("{}\n");
  gst_harness_push_event(harness_, gst_event_new_eos());
  std::string wanted = "{\"a\":1}\n{\"b\":1}\n{\"c\":1}\n";
  for (int i = 0; i < 500; ++i) wanted += "{}\n";
  EXPECT_EQ(written(), wanted);
  EXPECT_EQ(stat(element_.get(), "received"), 503U);
  EXPECT_EQ(stat(element_.get(), "published"), 503U);
  EXPECT_EQ(stat(element_.get(), "spooled"), 0U);
}

TEST_F(EventSinkTest, AnyFormatOfJsonIsTaken) {
  start("application/x-json, format=(string)onvif-mj");
  EXPECT_EQ(push("{\"Frame\":[]}"), GST_FLOW_OK);
  gst_harness_push_event(harness_, gst_event_new_eos());
  EXPECT_EQ(written(), "{\"Frame\":[]}\n");
}

TEST_F(EventSinkTest, SettingsAreReadAsTheyWereWrittenButForSecrets) {
  set("uri", "mqtts://cam:hidden@broker/x/{source}");
  set("user-pw", "verysecret");
  set("client-id", "one");
  g_object_set(element_.get(), "spool-max-items", guint64{7}, "sync-interval", -1, "drain-timeout",
               5U, nullptr);
  gchar* uri = nullptr;
  gchar* client_id = nullptr;
  guint64 items = 0;
  gint interval_ms = 0;
  guint drain_ms = 0;
  g_object_get(element_.get(), "uri", &uri, "client-id", &client_id, "spool-max-items", &items,
               "sync-interval", &interval_ms, "drain-timeout", &drain_ms, nullptr);
  EXPECT_STREQ(uri, "mqtts://***@broker/x/{source}");
  EXPECT_STREQ(client_id, "one");
  EXPECT_EQ(items, 7U);
  EXPECT_EQ(interval_ms, -1);
  EXPECT_EQ(drain_ms, 5U);
  g_free(uri);
  g_free(client_id);
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element_.get()), "user-pw");
  EXPECT_EQ(spec->flags & G_PARAM_READABLE, 0);
}

TEST_F(EventSinkTest, StartsAndStopsAHundredTimes) {
  for (int round = 0; round < 100; ++round) {
    for (const GstState state : {GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
                                 GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL}) {
      ASSERT_NE(gst_element_set_state(element_.get(), state), GST_STATE_CHANGE_FAILURE);
    }
  }
}

}  // namespace
}  // namespace deepstack::test
