/**
 * SECTION:element-deepstackoverlay
 * @title: deepstackoverlay
 *
 * Draws what `deepstack attach-meta=latest|exact` and detectors have put on the frames as
 * region-of-interest metas: boxes, tracks, identities, scores and ages. In place, in the format
 * that comes; a frame without metas passes untouched.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! \
 *     deepstack attach-meta=exact ! deepstackoverlay ! videoconvert ! autovideosink
 * ]| Shows the clip with who is who.
 *
 * Since: 0.1
 */
// Threads: the streaming thread draws, applications set properties at any time. OverlayState::lock
// is a leaf; the style is copied under it once a frame.
#include "gst-plugin/overlay_element.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <vector>

#include "core/exhausted.h"
#include "core/overlay/overlay.h"
#include "gst-plugin/overlay_canvas.h"
#include "gst-plugin/roi_overlay.h"
#include "gst-plugin/status_message.h"

GST_DEBUG_CATEGORY_STATIC(gst_deepstack_overlay_debug);
#define GST_CAT_DEFAULT gst_deepstack_overlay_debug

namespace {

using deepstack::Canvas;
using deepstack::Overlay;
using deepstack::OverlayLabels;
using deepstack::OverlayObject;
using deepstack::OverlayStyle;
using deepstack::Result;
using deepstack::Status;
using deepstack::gst::MappedCanvas;

struct OverlayState {
  std::mutex lock;
  OverlayStyle style;  // guarded by lock
  // Streaming thread:
  GstVideoInfo info{};
  Overlay overlay;
  bool failed = false;  // the last frame could not be drawn on

  OverlayStyle current_style() {
    const std::lock_guard guard(lock);
    return style;
  }
};

enum : guint { kLabels = 1, kLineWidth, kFontScale, kShowTentative };

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(DEEPSTACK_DRAWN_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(DEEPSTACK_DRAWN_FORMATS)));

GType labels_type() {
  static const GEnumValue kRows[] = {
      {static_cast<int>(OverlayLabels::kNone), "Boxes only", "none"},
      {static_cast<int>(OverlayLabels::kId), "The track's number", "id"},
      {static_cast<int>(OverlayLabels::kIdentity), "Name or short UUID, else the track's number",
       "identity"},
      {static_cast<int>(OverlayLabels::kFull),
       "Identity, track, score and age, as far as there is room", "full"},
      {0, nullptr, nullptr}};
  static const GType kType = [] {
    const GType type = g_enum_register_static("GstDeepstackOverlayLabels", kRows);
    gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
    return type;
  }();
  return kType;
}

}  // namespace

struct _GstDeepstackOverlay {
  GstBaseTransform parent;
  OverlayState* state;
};

G_DEFINE_TYPE(GstDeepstackOverlay, gst_deepstack_overlay, GST_TYPE_BASE_TRANSFORM)

GST_ELEMENT_REGISTER_DEFINE(deepstackoverlay, "deepstackoverlay", GST_RANK_NONE,
                            GST_TYPE_DEEPSTACK_OVERLAY)

namespace {

OverlayState& state_of(GstBaseTransform* transform) {
  return *GST_DEEPSTACK_OVERLAY(transform)->state;
}

bool has_something_to_draw(GstBuffer* buffer) {
  gpointer cursor = nullptr;
  return gst_buffer_iterate_meta_filtered(buffer, &cursor,
                                          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != nullptr;
}

gboolean set_caps(GstBaseTransform* transform, GstCaps* in, GstCaps* /*out*/) {
  OverlayState& state = state_of(transform);
  if (!gst_video_info_from_caps(&state.info, in)) return FALSE;
  state.overlay.prepare(state.info.width, state.info.height, state.current_style());
  return TRUE;
}

// The base class makes a buffer writable here. One without metas goes on as it is.
GstFlowReturn prepare_output_buffer(GstBaseTransform* transform, GstBuffer* in, GstBuffer** out) {
  if (!has_something_to_draw(in)) {
    *out = in;
    return GST_FLOW_OK;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_deepstack_overlay_parent_class)
      ->prepare_output_buffer(transform, in, out);
}

Status draw(OverlayState& state, GstBuffer* buffer) {
  MappedCanvas mapped;
  Result<Canvas> canvas = mapped.map(buffer, state.info);
  if (!canvas.ok()) return canvas.status();
  state.overlay.draw(*canvas, deepstack::gst::roi_overlay(buffer), state.current_style());
  return {};
}

// A frame that cannot be drawn on is shown as it is: the video is never stopped for its decoration.
GstFlowReturn transform_ip(GstBaseTransform* transform, GstBuffer* buffer) {
  if (!has_something_to_draw(buffer)) return GST_FLOW_OK;
  OverlayState& state = state_of(transform);
  const Status drawn = deepstack::unless_out_of_memory([&] { return draw(state, buffer); });
  // Said once: memory that cannot be mapped cannot be mapped in any frame.
  if (!drawn.ok() && !state.failed) deepstack::gst::post_warning(GST_ELEMENT(transform), drawn);
  state.failed = !drawn.ok();
  return GST_FLOW_OK;
}

// Buffers of downstream are drawn on where they are.
gboolean propose_allocation(GstBaseTransform* transform, GstQuery* decide, GstQuery* query) {
  if (decide == nullptr) {
    return GST_BASE_TRANSFORM_CLASS(gst_deepstack_overlay_parent_class)
        ->propose_allocation(transform, decide, query);
  }
  gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(transform), query);
  if (!gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr)) {
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  }
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  OverlayState& state = *GST_DEEPSTACK_OVERLAY(object)->state;
  const std::lock_guard guard(state.lock);
  switch (id) {
    case kLabels:
      state.style.labels = static_cast<OverlayLabels>(g_value_get_enum(value));
      break;
    case kLineWidth:
      state.style.line_width = g_value_get_int(value);
      break;
    case kFontScale:
      state.style.font_scale = g_value_get_float(value);
      break;
    case kShowTentative:
      state.style.show_tentative = g_value_get_boolean(value) != FALSE;
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const OverlayStyle style = GST_DEEPSTACK_OVERLAY(object)->state->current_style();
  switch (id) {
    case kLabels:
      g_value_set_enum(value, static_cast<int>(style.labels));
      break;
    case kLineWidth:
      g_value_set_int(value, style.line_width);
      break;
    case kFontScale:
      g_value_set_float(value, style.font_scale);
      break;
    case kShowTentative:
      g_value_set_boolean(value, style.show_tentative ? TRUE : FALSE);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  delete GST_DEEPSTACK_OVERLAY(object)->state;
  G_OBJECT_CLASS(gst_deepstack_overlay_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  constexpr auto kFlags = static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                                                   static_cast<int>(G_PARAM_STATIC_STRINGS) |
                                                   GST_PARAM_MUTABLE_PLAYING);
  const OverlayStyle defaults;
  g_object_class_install_property(
      klass, kLabels,
      g_param_spec_enum("labels", "Labels", "What is written beside a box", labels_type(),
                        static_cast<int>(defaults.labels), kFlags));
  g_object_class_install_property(
      klass, kLineWidth,
      g_param_spec_int("line-width", "Line width",
                       "Pixels of a box's line; 0 = by the size of the picture", 0, 64,
                       defaults.line_width, kFlags));
  g_object_class_install_property(
      klass, kFontScale,
      g_param_spec_float("font-scale", "Font scale",
                         "Times the size of letters that suits the picture; 0 = 1", 0, 8,
                         defaults.font_scale, kFlags));
  g_object_class_install_property(
      klass, kShowTentative,
      g_param_spec_boolean("show-tentative", "Show tentative",
                           "Whether tracks are drawn whose identity may still change",
                           defaults.show_tentative ? TRUE : FALSE, kFlags));
}

}  // namespace

static void gst_deepstack_overlay_class_init(GstDeepstackOverlayClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_deepstack_overlay_debug, "deepstackoverlay", 0, "DeepStack overlay");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);

  GstBaseTransformClass* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->set_caps = set_caps;
  transform_class->prepare_output_buffer = prepare_output_buffer;
  transform_class->transform_ip = transform_ip;
  transform_class->propose_allocation = propose_allocation;

  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "DeepStack overlay", "Filter/Editor/Video",
                                        "Draws boxes, tracks and identities into the video",
                                        "gst-deepstack authors");
}

static void gst_deepstack_overlay_init(GstDeepstackOverlay* self) {
  self->state = new OverlayState;
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}
