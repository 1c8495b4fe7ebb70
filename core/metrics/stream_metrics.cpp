#include "core/metrics/stream_metrics.h"

namespace deepstack {
namespace {

struct Count {
  const char* name;
  const char* help;
  uint64_t value;
};

void write_counters(MetricsPage& page, const MetricLabels& labels, const StreamStats& stats) {
  for (const Count& count :
       {Count{"deepstack_frames_in_total", "Frames that came.", stats.frames_in},
        {"deepstack_frames_sampled_total", "Frames chosen for analysis.", stats.frames_sampled},
        {"deepstack_frames_analysed_total", "Frames that were analysed.", stats.frames_analysed},
        {"deepstack_frames_dropped_total",
         "Chosen frames that newer ones replaced before the model had time.", stats.frames_dropped},
        {"deepstack_frames_failed_total", "Frames that could not be analysed.",
         stats.frames_failed},
        {"deepstack_events_total", "Events made.", stats.events},
        {"deepstack_events_dropped_total", "Events that found the queue full.",
         stats.events_dropped},
        {"deepstack_gallery_evictions_total", "Identities forgotten to make room.",
         stats.gallery.evictions},
        {"deepstack_gallery_view_evictions_total", "Views of identities forgotten to make room.",
         stats.gallery.views_evicted},
        {"deepstack_store_errors_total", "Writes of the gallery's store that failed.",
         stats.gallery.store_errors}}) {
    page.counter(count.name, count.help, labels, count.value);
  }
}

void write_gauges(MetricsPage& page, const MetricLabels& labels, const StreamStats& stats) {
  for (const Count& count :
       {Count{"deepstack_frames_waiting", "Frames that wait for the model.", stats.frames_waiting},
        {"deepstack_events_queued", "Events that wait to be taken.", stats.events_queued},
        {"deepstack_tracks", "Tracks alive.", stats.tracks},
        {"deepstack_gallery_identities", "Identities known, of all that share the gallery.",
         stats.gallery.identities},
        {"deepstack_gallery_bytes", "Memory of the gallery's features, of all that share it.",
         stats.gallery.bytes}}) {
    page.gauge(count.name, count.help, labels, static_cast<double>(count.value));
  }
  page.gauge("deepstack_model_depth_ratio", "Share of the model's blocks run for a box.", labels,
             stats.average_depth);
  if (stats.last_frame_age_ns) {
    page.gauge("deepstack_last_frame_age_seconds", "Time since the last frame came.", labels,
               static_cast<double>(*stats.last_frame_age_ns) / 1e9);
  }
}

}  // namespace

void write_stream(MetricsPage& page, const std::string& camera, const StreamStats& stats,
                  const ModelInfo& model) {
  const MetricLabels labels{{"camera", camera}};
  write_counters(page, labels, stats);
  write_gauges(page, labels, stats);
  page.histogram("deepstack_infer_seconds", "Time in the model, of a frame.", labels, stats.infer);
  page.histogram("deepstack_match_seconds", "Time for tracks and identities, of a frame.", labels,
                 stats.match);
  page.gauge("deepstack_model_info", "The model that runs; always 1.",
             {{"camera", camera},
              {"model", model.name},
              {"sha256", model.sha256},
              {"precision", model.precision},
              {"fusion", model.fusion_trained ? "trained" : "mean"}},
             1);
}

void write_build(MetricsPage& page, const std::string& version) {
  page.gauge("deepstack_build_info", "The program that runs; always 1.", {{"version", version}}, 1);
}

}  // namespace deepstack
