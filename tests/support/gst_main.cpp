// main() of the element tests. Criticals abort; an object that outlives the tests fails the run:
// GStreamer's leaks tracer looks for those in gst_deinit() and says so in a warning.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "gst-plugin/camera_source.h"
#include "gst-plugin/deepstack_element.h"
#include "gst-plugin/event_sink.h"
#include "gst-plugin/overlay_element.h"

namespace {

bool leaked = false;

void watch_for_leaks(const gchar* domain, GLogLevelFlags level, const gchar* message,
                     gpointer user_data) {
  if (std::strstr(message, "Leaks detected") != nullptr) leaked = true;
  g_log_default_handler(domain, level, message, user_data);
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  setenv("GST_TRACERS", "leaks", 0);
  unsetenv("GST_PLUGIN_PATH");  // the element under test is the one linked in
  g_log_set_always_fatal(static_cast<GLogLevelFlags>(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
  g_log_set_default_handler(watch_for_leaks, nullptr);
  gst_init(&argc, &argv);
  GST_ELEMENT_REGISTER(deepstack, nullptr);
  GST_ELEMENT_REGISTER(deepstackcamerasrc, nullptr);
  GST_ELEMENT_REGISTER(deepstackeventsink, nullptr);
  GST_ELEMENT_REGISTER(deepstackoverlay, nullptr);
  const int failed = RUN_ALL_TESTS();
  gst_deinit();
  if (leaked) std::fputs("leaked objects: run again with GST_DEBUG=GST_TRACER:7\n", stderr);
  return leaked ? 1 : failed;
}
