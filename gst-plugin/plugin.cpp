// Plugin `deepstack`: registers the elements.
#include <gst/gst.h>

#include "gst-plugin/camera_source.h"
#include "gst-plugin/deepstack_element.h"
#include "gst-plugin/event_sink.h"
#include "gst-plugin/overlay_element.h"

static gboolean plugin_init(GstPlugin* plugin) {
  return GST_ELEMENT_REGISTER(deepstack, plugin) &&
         GST_ELEMENT_REGISTER(deepstackcamerasrc, plugin) &&
         GST_ELEMENT_REGISTER(deepstackeventsink, plugin) &&
         GST_ELEMENT_REGISTER(deepstackoverlay, plugin);
}

#define PACKAGE "gst-deepstack"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, deepstack,
                  "Video analysis with DeepStack Vision Transformers", plugin_init,
                  DEEPSTACK_VERSION, "Apache 2.0", "gst-deepstack",
                  "https://github.com/gst-deepstack/gst-deepstack")
