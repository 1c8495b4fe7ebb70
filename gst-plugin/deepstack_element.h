// GstDeepstack: the GObject of the `deepstack` element. What it does is in core::Stream; what flows
// through it is in deepstack_flow.h; this is its type, its states and its properties.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "core/encoder.h"

#define GST_TYPE_DEEPSTACK (gst_deepstack_get_type())
G_DECLARE_FINAL_TYPE(GstDeepstack, gst_deepstack, GST, DEEPSTACK, GstElement)

GST_ELEMENT_REGISTER_DECLARE(deepstack)

// For tests: the encoder to use instead of the one that `model` and `device` name, from the next
// READY to PAUSED on. Null: the one that they name.
void gst_deepstack_set_encoder(GstDeepstack* self, std::shared_ptr<deepstack::Encoder> encoder);
