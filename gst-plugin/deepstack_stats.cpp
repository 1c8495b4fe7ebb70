#include "gst-plugin/deepstack_stats.h"

#include <utility>

namespace deepstack::gst {

GstStructure* stats_structure(const StreamStats& stats, const ModelInfo& model,
                              uint64_t events_undelivered) {
  const std::pair<const char*, uint64_t> counters[] = {
      {"frames-in", stats.frames_in},
      {"frames-sampled", stats.frames_sampled},
      {"frames-analysed", stats.frames_analysed},
      {"frames-dropped", stats.frames_dropped},
      {"frames-failed", stats.frames_failed},
      {"events", stats.events},
      {"events-dropped", stats.events_dropped},
      {"events-queued", stats.events_queued},
      {"events-undelivered", events_undelivered},
      {"values-replaced", stats.values_replaced},
      {"tracks", stats.tracks},
      {"identities", stats.gallery.identities},
      {"gallery-bytes", stats.gallery.bytes},
      {"gallery-evictions", stats.gallery.evictions},
      {"gallery-views-evicted", stats.gallery.views_evicted},
      {"store-errors", stats.gallery.store_errors},
  };
  GstStructure* structure =
      gst_structure_new("deepstack-stats", "model", G_TYPE_STRING, model.name.c_str(), "precision",
                        G_TYPE_STRING, model.precision.c_str(), "fusion", G_TYPE_STRING,
                        model.fusion_trained ? "trained" : "mean", "inference-ms", G_TYPE_DOUBLE,
                        stats.inference_ms, "average-depth", G_TYPE_DOUBLE, stats.average_depth,
                        nullptr);
  const FrameTiming& timing = stats.timing;
  gst_structure_set(structure, "queue-ms", G_TYPE_DOUBLE, timing.queue_ms, "pre-ms", G_TYPE_DOUBLE,
                    timing.pre_ms, "infer-ms", G_TYPE_DOUBLE, timing.infer_ms, "post-ms",
                    G_TYPE_DOUBLE, timing.post_ms, nullptr);
  for (const auto& [name, value] : counters) {
    gst_structure_set(structure, name, G_TYPE_UINT64, guint64{value}, nullptr);
  }
  return structure;
}

}  // namespace deepstack::gst
