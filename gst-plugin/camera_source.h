// GstDeepstackCameraSrc: the GObject of `deepstackcamerasrc`. What it does is in core's
// CameraSupervisor and in camera_worker.h; this is its type, its states and its properties.
#pragma once

#include <gst/gst.h>

#define GST_TYPE_DEEPSTACK_CAMERA_SRC (gst_deepstack_camera_src_get_type())
G_DECLARE_FINAL_TYPE(GstDeepstackCameraSrc, gst_deepstack_camera_src, GST, DEEPSTACK_CAMERA_SRC,
                     GstBin)

GST_ELEMENT_REGISTER_DECLARE(deepstackcamerasrc)
