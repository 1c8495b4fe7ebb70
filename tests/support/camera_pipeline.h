// CameraPipeline: `deepstackcamerasrc` in a pipeline that remembers what comes out of it and what
// it says, and waits for that on a condition. With `deepstack` behind it, a person stands in every
// frame.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/time/clock.h"
#include "tests/support/element_harness.h"

namespace deepstack::test {

constexpr size_t kMaxTexts = 1000;  // what a test remembers does not look like a leak

inline double seconds_between(int64_t from_ns, int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) / 1e9;
}

// One row of the list of faults: printed, and held.
inline void expect_figure(const char* fault, const char* figure, double limit, double measured) {
  std::printf("%s %s limit %.3f measured %.3f\n", fault, figure, limit, measured);
  std::fflush(stdout);
  EXPECT_LE(measured, limit) << fault << ": " << figure;
}

inline double resident_mb() {
  long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%*d %ld", &pages) != 1) std::abort();
  std::fclose(file);
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct CameraSaid {
  int64_t at_ns = 0;
  std::string event;
  std::string state;
  std::string reason;
  std::string uri;
  uint64_t away_ms = 0;
  uint64_t reconnects = 0;
};

// All that was seen so far.
struct CameraSeen {
  uint64_t frames = 0;
  int64_t last_frame_ns = 0;  // steady clock
  int64_t first_after_loss_ns = 0;
  bool first_discont = false;  // of that frame
  GstClockTime last_pts = GST_CLOCK_TIME_NONE;
  uint64_t backwards = 0;  // frames whose time did not rise
  int width = 0;
  uint64_t gaps = 0;
  uint64_t segments = 0;
  uint64_t stream_starts = 0;
  uint64_t eos = 0;
  std::vector<std::string> events_downstream;  // of deepstack-camera
  std::vector<CameraSaid> said;
  std::vector<std::string> texts;  // the first kMaxTexts messages, as gst-launch -m shows them
  uint64_t errors = 0;
  std::set<std::string> identities;
  std::vector<nlohmann::json> lines;  // camera.lost and camera.back
  uint64_t updates = 0;               // lines with somebody whose identity is known

  uint64_t said_count(const std::string& event) const {
    uint64_t count = 0;
    for (const CameraSaid& one : said) count += one.event == event ? 1 : 0;
    return count;
  }
  // REQUIRES: it was said.
  const CameraSaid& last_said(const std::string& event) const {
    size_t i = said.size();
    while (i > 0 && said[i - 1].event != event) --i;
    return said.at(i - 1);
  }
};

class CameraPipeline {
 public:
  enum class Analysis { kNone, kDeepstack };

  explicit CameraPipeline(const std::string& uri, Analysis analysis = Analysis::kNone)
      : pipeline_(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr)))),
        camera_(gst_element_factory_make("deepstackcamerasrc", "camera")) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
    g_object_set(camera_, "uri", uri.c_str(), nullptr);
    gst_bin_add_many(GST_BIN(pipeline_.get()), camera_, sink, nullptr);
    if (analysis == Analysis::kDeepstack) {
      add_analysis(sink);
    } else {
      gst_element_link(camera_, sink);
    }
    watch();
  }

  ~CameraPipeline() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    const Owned<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
  }
  CameraPipeline(const CameraPipeline&) = delete;
  CameraPipeline& operator=(const CameraPipeline&) = delete;

  GstElement* camera() const { return camera_; }
  GstStateChangeReturn set_state(GstState state) {
    return gst_element_set_state(pipeline_.get(), state);
  }
  void play() { ASSERT_NE(set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE); }

  // False after this long without it.
  bool wait_for(const std::function<bool(const CameraSeen&)>& condition, double patience_s = 10) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(patience_s),
                             [&] { return condition(seen_); });
  }
  bool wait_for_frames(uint64_t more, double patience_s = 10) {
    const uint64_t wanted = seen().frames + more;
    return wait_for([=](const CameraSeen& seen) { return seen.frames >= wanted; }, patience_s);
  }
  bool wait_for_said(const std::string& event, uint64_t count, double patience_s = 10) {
    return wait_for([&](const CameraSeen& seen) { return seen.said_count(event) >= count; },
                    patience_s);
  }

  CameraSeen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  int64_t now_ns() const { return clock_.now_ns(); }

 private:
  void add_analysis(GstElement* sink) {
    GstElement* deepstack = gst_element_factory_make("deepstack", nullptr);
    gst_deepstack_set_encoder(GST_DEEPSTACK(deepstack), std::make_shared<ScriptedEncoder>());
    GstElement* events = gst_element_factory_make("fakesink", nullptr);
    g_object_set(events, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add_many(GST_BIN(pipeline_.get()), deepstack, events, nullptr);
    gst_element_link_many(camera_, deepstack, sink, nullptr);
    gst_element_link_pads(deepstack, "events", events, "sink");
    const GstRef<GstPad> pad(gst_element_get_static_pad(events, "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_line, this, nullptr);
    with_person_ = true;
  }

  void watch() {
    const GstRef<GstPad> pad(gst_element_get_static_pad(camera_, "src"));
    gst_pad_add_probe(pad.get(),
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                      on_data, this, nullptr);
    const Owned<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
  }

  static GstPadProbeReturn on_data(GstPad* /*pad*/, GstPadProbeInfo* info, gpointer self) {
    auto* pipeline = static_cast<CameraPipeline*>(self);
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
      GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
      if (pipeline->with_person_) {
        buffer = gst_buffer_make_writable(buffer);
        add_roi(buffer, "person", {8, 8, 16, 32}, 0.9, 1);
        info->data = buffer;
      }
      pipeline->remember(buffer);
    } else {
      pipeline->remember(GST_PAD_PROBE_INFO_EVENT(info));
    }
    return GST_PAD_PROBE_OK;
  }

  void remember(GstBuffer* buffer) {
    const std::lock_guard lock(mutex_);
    ++seen_.frames;
    seen_.last_frame_ns = clock_.now_ns();
    if (seen_.first_after_loss_ns == 0) {
      seen_.first_after_loss_ns = seen_.last_frame_ns;
      seen_.first_discont = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    }
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    if (GST_CLOCK_TIME_IS_VALID(seen_.last_pts) && !(pts > seen_.last_pts)) ++seen_.backwards;
    seen_.last_pts = pts;
    changed_.notify_all();
  }

  void remember(GstEvent* event) {
    const std::lock_guard lock(mutex_);
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS: {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &seen_.width);
        break;
      }
      case GST_EVENT_GAP:
        ++seen_.gaps;
        break;
      case GST_EVENT_SEGMENT:
        ++seen_.segments;
        break;
      case GST_EVENT_STREAM_START:
        ++seen_.stream_starts;
        break;
      case GST_EVENT_EOS:
        ++seen_.eos;
        break;
      case GST_EVENT_CUSTOM_DOWNSTREAM: {
        gchar* text = gst_structure_to_string(gst_event_get_structure(event));
        seen_.events_downstream.emplace_back(text);
        g_free(text);
        break;
      }
      default:
        break;
    }
    changed_.notify_all();
  }

  static std::string text_of(GstMessage* message) {
    const GstStructure* structure = gst_message_get_structure(message);
    if (structure == nullptr) return "";
    gchar* text = gst_structure_to_string(structure);
    std::string result = text;
    g_free(text);
    return result;
  }

  static GstBusSyncReply on_message(GstBus* /*bus*/, GstMessage* message, gpointer self) {
    static_cast<CameraPipeline*>(self)->remember(message);
    return GST_BUS_DROP;
  }

  void remember(GstMessage* message) {
    const GstStructure* structure = gst_message_get_structure(message);
    const std::string text = text_of(message);
    const std::lock_guard lock(mutex_);
    const bool camera =
        structure != nullptr && gst_structure_has_name(structure, "deepstack-camera") != FALSE;
    if (camera) {
      const auto word = [structure](const char* name) {
        const gchar* value = gst_structure_get_string(structure, name);
        return std::string(value == nullptr ? "" : value);
      };
      guint64 away_ms = 0;
      guint64 reconnects = 0;
      gst_structure_get_uint64(structure, "away-ms", &away_ms);
      gst_structure_get_uint64(structure, "reconnects", &reconnects);
      seen_.said.push_back({clock_.now_ns(), word("event"), word("state"), word("reason"),
                            word("uri"), away_ms, reconnects});
      if (seen_.said.back().event == "camera.lost") seen_.first_after_loss_ns = 0;
    }
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) ++seen_.errors;
    if (seen_.texts.size() < kMaxTexts) seen_.texts.push_back(text);
    changed_.notify_all();
    gst_message_unref(message);
  }

  static GstPadProbeReturn on_line(GstPad* /*pad*/, GstPadProbeInfo* info, gpointer self) {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    std::string text(gst_buffer_get_size(buffer), '\0');
    gst_buffer_extract(buffer, 0, text.data(), text.size());
    static_cast<CameraPipeline*>(self)->remember(nlohmann::json::parse(text));
    return GST_PAD_PROBE_OK;
  }

  void remember(const nlohmann::json& line) {
    const std::lock_guard lock(mutex_);
    if (line.contains("camera")) seen_.lines.push_back(line);
    if (line["event"] == "update") {
      for (const nlohmann::json& object : line["objects"]) {
        if (!object.contains("identity")) continue;
        seen_.identities.insert(object["identity"]["id"].get<std::string>());
        ++seen_.updates;
      }
    }
    changed_.notify_all();
  }

  const Owned<GstElement> pipeline_;
  GstElement* const camera_;  // owned by the pipeline
  const SteadyClock clock_;
  bool with_person_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  CameraSeen seen_;
};

}  // namespace deepstack::test
