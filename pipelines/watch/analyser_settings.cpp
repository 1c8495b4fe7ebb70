#include "pipelines/watch/analyser_settings.h"

namespace deepstack {

// The element's enums have the numbers of core's.
void apply_settings(GstElement* analyser, const Settings& settings) {
  g_object_set(analyser, "model", settings.model.c_str(), "head", settings.head.c_str(), "device",
               settings.device.c_str(), "precision", static_cast<gint>(settings.precision),
               "inference-interval", settings.inference_interval, "inference-rate",
               settings.inference_rate_numerator, settings.inference_rate_denominator,
               "inference-region", static_cast<gint>(settings.inference_region), "batch-size",
               settings.batch_size, "adaptive-depth", settings.adaptive_depth ? TRUE : FALSE,
               "proposals", static_cast<gint>(settings.proposals), "proposals-file",
               settings.proposals_file.c_str(), "object-class", settings.object_class.c_str(),
               "threshold", static_cast<gdouble>(settings.threshold), "drop-policy",
               static_cast<gint>(settings.drop_policy), "drain-timeout", settings.drain_timeout_ms,
               "track-max-age", settings.track_max_age_ms, "gallery-mode",
               static_cast<gint>(settings.gallery_mode), "gallery-id", settings.gallery_id.c_str(),
               "gallery-location", settings.gallery_location.c_str(), "gallery-max-bytes",
               static_cast<gint64>(settings.gallery_max_bytes), "gallery-ttl",
               settings.gallery_ttl_s, "reid-threshold",
               static_cast<gdouble>(settings.reid_threshold), "source", settings.source.c_str(),
               "schema", static_cast<gint>(settings.schema), "tags", settings.tags.c_str(),
               "embeddings", static_cast<gint>(settings.embeddings), nullptr);
}

}  // namespace deepstack
