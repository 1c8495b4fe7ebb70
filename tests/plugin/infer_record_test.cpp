// The tracer record of a frame, as GST_DEBUG=GST_TRACER:7 shows it.
#include "gst-plugin/infer_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deepstack::gst {
namespace {

using testing::HasSubstr;

std::vector<std::string>* logged = nullptr;

void keep(GstDebugCategory* category, GstDebugLevel /*level*/, const gchar* /*file*/,
          const gchar* /*function*/, gint /*line*/, GObject* /*object*/, GstDebugMessage* message,
          gpointer /*data*/) {
  const std::string text = gst_debug_message_get(message);
  if (std::string(gst_debug_category_get_name(category)) == "GST_TRACER" &&
      text.find("deepstack.infer,") == 0) {
    logged->push_back(text);
  }
}

TEST(InferRecord, SaysWhereTheTimeOfAFrameWent) {
  // The class installs the record.
  gst_object_unref(gst_object_ref_sink(gst_element_factory_make("deepstack", nullptr)));
  std::vector<std::string> lines;
  logged = &lines;
  const gboolean active = gst_debug_is_active();
  gst_debug_set_active(TRUE);
  gst_debug_set_threshold_for_name("GST_TRACER", GST_LEVEL_TRACE);
  gst_debug_add_log_function(keep, nullptr, nullptr);

  InferRecord record;
  const Stream::TimingCallback write = record.writer();
  record.set_stream_id("camera/1");
  write(40, {.queue_ms = 1, .pre_ms = 2, .infer_ms = 3.5, .post_ms = 4});

  gst_debug_remove_log_function(keep);
  gst_debug_unset_threshold_for_name("GST_TRACER");
  gst_debug_set_active(active);
  ASSERT_EQ(lines.size(), 1U);
  for (const char* field : {"stream-id=(string)camera/1", "pts=(guint64)40", "queue-ms=(double)1",
                            "pre-ms=(double)2", "infer-ms=(double)3.5", "post-ms=(double)4"}) {
    EXPECT_THAT(lines[0], HasSubstr(field));
  }
}

}  // namespace
}  // namespace deepstack::gst
