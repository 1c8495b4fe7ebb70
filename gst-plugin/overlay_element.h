// GstDeepstackOverlay: the GObject of the `deepstackoverlay` element. What it draws is
// core::Overlay's decision; here are its caps, its properties and the mapping of buffers.
#pragma once

#include <gst/base/gstbasetransform.h>

#define GST_TYPE_DEEPSTACK_OVERLAY (gst_deepstack_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstDeepstackOverlay, gst_deepstack_overlay, GST, DEEPSTACK_OVERLAY,
                     GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(deepstackoverlay)
