// core::Status on the bus: its one-line message is the text that people see, its code picks the
// GError domain and code that programs look at.
#pragma once

#include <gst/gst.h>

#include <functional>

#include "core/status.h"

namespace deepstack::gst {

// The element cannot start: an error message.
void post_error(GstElement* element, const Status& status);

// A frame, or a while, goes without analysis, the video runs on: a warning message.
void post_warning(GstElement* element, const Status& status);

// post_warning() for a thread that the element does not wait for: says nothing once it is gone.
std::function<void(const Status&)> warning_while_alive(GstElement* element);

}  // namespace deepstack::gst
