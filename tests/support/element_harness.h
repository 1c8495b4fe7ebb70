// ElementHarness: a `deepstack` element between two GstHarness, one for the video and one for the
// events, with a scripted encoder inside and its bus at hand.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "gst-plugin/deepstack_element.h"
#include "gst-plugin/gst_ref.h"
#include "tests/support/scripted_encoder.h"

namespace deepstack::test {

using gst::GstRef;

struct Free {
  void operator()(GstEvent* event) const { gst_event_unref(event); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr GstClockTime kFrameDistance = 40 * GST_MSECOND;

// A bus message's text ("" for none) and where it belongs.
struct Report {
  std::string text;
  GQuark domain = 0;
  int code = 0;
};

inline Report next_report(GstBus* bus, GstMessageType type, GstClockTime patience = 0) {
  const Owned<GstMessage> message(gst_bus_timed_pop_filtered(bus, patience, type));
  Report report;
  if (message == nullptr) return report;
  GError* error = nullptr;
  if (type == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message.get(), &error, nullptr);
  } else {
    gst_message_parse_warning(message.get(), &error, nullptr);
  }
  report = {error->message, error->domain, error->code};
  g_error_free(error);
  return report;
}

inline Owned<GstElement> make_deepstack(std::shared_ptr<Encoder> encoder) {
  GstElement* element =
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("deepstack", "d")));
  gst_deepstack_set_encoder(GST_DEEPSTACK(element), std::move(encoder));
  return Owned<GstElement>(element);
}

inline uint64_t stat(GstElement* element, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const Owned<GstStructure> owned(stats);
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, name, &value)) << name;
  return value;
}

// A frame of one value everywhere, with the default layout of the caps.
inline GstBuffer* make_frame(const GstVideoInfo& info, GstClockTime pts, uint8_t value = 0) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(buffer, 0, value, GST_VIDEO_INFO_SIZE(&info));
  GST_BUFFER_PTS(buffer) = pts;
  return buffer;
}

// Puts a detector's box on the buffer, as DL Streamer writes it.
inline void add_roi(GstBuffer* buffer, const char* label, const Box& box, double confidence,
                    int label_id) {
  GstVideoRegionOfInterestMeta* roi = gst_buffer_add_video_region_of_interest_meta(
      buffer, label, static_cast<guint>(box.x), static_cast<guint>(box.y),
      static_cast<guint>(box.width), static_cast<guint>(box.height));
  gst_video_region_of_interest_meta_add_param(
      roi, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, confidence, "label_id",
                             G_TYPE_INT, label_id, nullptr));
}

class ElementHarness {
 public:
  enum class Source { kFile, kLive };
  enum class Events { kLinked, kBlocked, kUnlinked, kNone };

  explicit ElementHarness(
      Source source, Events events_mode = Events::kLinked,
      std::shared_ptr<ScriptedEncoder> shared = std::make_shared<ScriptedEncoder>())
      : encoder(std::move(shared)),
        element(make_deepstack(encoder)),
        bus(gst_bus_new()) {
    gst_element_set_bus(element.get(), bus.get());
    if (events_mode == Events::kUnlinked) request_events();
    if (events_mode == Events::kLinked || events_mode == Events::kBlocked) {
      events = gst_harness_new_with_element(element.get(), nullptr, "events");
    }
    if (events_mode == Events::kBlocked) block_events();
    video = gst_harness_new_with_element(element.get(), "sink", "src");
    gst_harness_set_live(video, source == Source::kLive);
    set_size(64, 48);
  }

  ~ElementHarness() {
    encoder->release();
    if (block_ != 0) unblock_events();
    if (requested_ != nullptr) gst_element_release_request_pad(element.get(), requested_.get());
    gst_harness_teardown(video);
    if (events != nullptr) gst_harness_teardown(events);
    gst_element_set_state(element.get(), GST_STATE_NULL);
    gst_element_set_bus(element.get(), nullptr);
  }

  ElementHarness(const ElementHarness&) = delete;
  ElementHarness& operator=(const ElementHarness&) = delete;

  // From READY on again, after properties were set: what a source sends first has to be sent anew.
  void play() {
    gst_element_set_state(element.get(), GST_STATE_PLAYING);
    gst_harness_push_event(video, gst_event_new_stream_start("again"));
    const GstRef<GstCaps> caps(gst_video_info_to_caps(&info));
    gst_harness_push_event(video, gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(video, gst_event_new_segment(&segment));
  }

  void set_size(int width, int height, GstVideoFormat format = GST_VIDEO_FORMAT_RGB) {
    gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
    gst_harness_set_src_caps(video, gst_video_info_to_caps(&info));
  }

  // Frame `number` from 0, of that value everywhere, with a person standing still in it.
  GstBuffer* person_frame(int number) const {
    GstBuffer* buffer = make_frame(info, static_cast<GstClockTime>(number) * kFrameDistance,
                                   static_cast<uint8_t>(number));
    add_roi(buffer, "person", {8, 8, 16, 32}, 0.9, 1);
    return buffer;
  }

  GstFlowReturn push(int number) { return gst_harness_push(video, person_frame(number)); }

  // Pushes frames [first, first + count) and expects each to come out.
  void push_through(int first, int count) {
    for (int number = first; number < first + count; ++number) {
      ASSERT_EQ(push(number), GST_FLOW_OK);
      const GstRef<GstBuffer> out(gst_harness_try_pull(video));
      ASSERT_NE(out, nullptr) << number;
    }
  }

  bool push_eos() { return gst_harness_push_event(video, gst_event_new_eos()) != FALSE; }

  uint64_t stat(const char* name) const { return test::stat(element.get(), name); }
  Report warning() const { return next_report(bus.get(), GST_MESSAGE_WARNING); }
  Report wait_for_warning() const {
    return next_report(bus.get(), GST_MESSAGE_WARNING, 60 * GST_SECOND);
  }

  // Waits for the next event of this type on a harness, passing over others; null after a minute.
  static Owned<GstEvent> wait_for_event(GstHarness* harness, GstEventType type) {
    while (GstEvent* event = gst_harness_pull_event(harness)) {
      Owned<GstEvent> owned(event);
      if (GST_EVENT_TYPE(event) == type) return owned;
    }
    return nullptr;
  }

  // The lines that came out of the events pad so far.
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> result;
    while (GstBuffer* buffer = gst_harness_try_pull(events)) {
      const GstRef<GstBuffer> owned(buffer);
      std::string text(gst_buffer_get_size(buffer), '\0');
      gst_buffer_extract(buffer, 0, text.data(), text.size());
      EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
      result.push_back(nlohmann::json::parse(text));
      EXPECT_EQ(result.back()["timestamp"], GST_BUFFER_PTS(buffer));
    }
    return result;
  }

  // kBlocked: whatever is pushed on the events pad stays there until this.
  void unblock_events() { gst_pad_remove_probe(blocked_.get(), std::exchange(block_, 0)); }

  GstPad* request_events() {
    requested_ = GstRef<GstPad>(gst_element_request_pad_simple(element.get(), "events"));
    return requested_.get();
  }
  void release_events() {
    gst_element_release_request_pad(element.get(), requested_.get());
    requested_.reset();
  }

  const std::shared_ptr<ScriptedEncoder> encoder;
  const Owned<GstElement> element;
  const Owned<GstBus> bus;
  GstVideoInfo info{};
  GstHarness* video = nullptr;
  GstHarness* events = nullptr;  // null unless Events::kLinked

 private:
  void block_events() {
    blocked_.reset(gst_pad_get_peer(events->sinkpad));
    block_ = gst_pad_add_probe(
        blocked_.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
        [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
  }

  GstRef<GstPad> requested_;
  GstRef<GstPad> blocked_;
  gulong block_ = 0;
};

}  // namespace deepstack::test
