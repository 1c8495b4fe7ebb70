#include "gst-plugin/deepstack_enums.h"

#include <gst/gst.h>

#include "core/settings.h"

namespace deepstack::gst {
namespace {

// A row of a GEnumValue table; value_name is what gst-inspect prints beside the nick.
template <typename Enum>
constexpr GEnumValue row(Enum value, const char* nick, const char* meaning) {
  return {static_cast<int>(value), meaning, nick};
}

constexpr GEnumValue kEnd{0, nullptr, nullptr};

GType register_enum(const char* name, const GEnumValue* rows) {
  const GType type = g_enum_register_static(name, rows);
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;
}

}  // namespace

GType inference_region_type() {
  static const GEnumValue kRows[] = {
      row(InferenceRegion::kFullFrame, "full-frame", "One pass over the frame for all detections"),
      row(InferenceRegion::kRoiList, "roi-list", "One pass over the crop of each detection"), kEnd};
  static const GType kType = register_enum("GstDeepstackInferenceRegion", kRows);
  return kType;
}

GType proposal_source_type() {
  static const GEnumValue kRows[] = {
      row(ProposalSource::kAuto, "auto",
          "Boxes of the buffers once one has any, until then motion"),
      row(ProposalSource::kUpstream, "upstream", "Region-of-interest metas of the buffer only"),
      row(ProposalSource::kMotion, "motion", "What moves in front of the background"),
      row(ProposalSource::kHog, "hog", "Standing people by histograms of gradients"),
      row(ProposalSource::kFile, "file", "A MOTChallenge det.txt, see proposals-file"),
      kEnd};
  static const GType kType = register_enum("GstDeepstackProposals", kRows);
  return kType;
}

GType drop_policy_type() {
  static const GEnumValue kRows[] = {
      row(DropPolicy::kAuto, "auto", "oldest when the source is live, else never"),
      row(DropPolicy::kNever, "never", "Wait for the model, analyse every sampled frame"),
      row(DropPolicy::kOldest, "oldest", "Never wait, replace the frame that waits for the model"),
      kEnd};
  static const GType kType = register_enum("GstDeepstackDropPolicy", kRows);
  return kType;
}

GType attach_meta_type() {
  static const GEnumValue kRows[] = {
      row(AttachMeta::kNone, "none", "Frames pass as they are"),
      row(AttachMeta::kLatest, "latest", "What was found last, at once, with its age"),
      row(AttachMeta::kExact, "exact",
          "What was found in the very frame, which waits for it; latest when the source is live"),
      kEnd};
  static const GType kType = register_enum("GstDeepstackAttachMeta", kRows);
  return kType;
}

GType precision_type() {
  static const GEnumValue kRows[] = {
      row(Precision::kAuto, "auto", "bf16 where the device multiplies it in hardware, else fp32"),
      row(Precision::kFp32, "fp32", "Exact"),
      row(Precision::kBf16, "bf16", "8 bits of mantissa; about 1e-2 off after a whole tower"),
      row(Precision::kFp16, "fp16", "11 bits of mantissa, and a small range"), kEnd};
  static const GType kType = register_enum("GstDeepstackPrecision", kRows);
  return kType;
}

GType event_schema_type() {
  static const GEnumValue kRows[] = {
      row(EventSchema::kNative, "native", "All there is to say, on the base of DL Streamer's frames"),
      row(EventSchema::kDlStreamer, "dlstreamer", "Frames of DL Streamer's gvametaconvert, strictly"),
      row(EventSchema::kDeepStreamMinimal, "deepstream-minimal",
          "Frames of DeepStream's nvmsgconv, minimal payload"),
      row(EventSchema::kOnvifMj, "onvif-mj", "ONVIF metadata in JSON, with rename and merge"),
      row(EventSchema::kFrigate, "frigate", "Messages of Frigate's topics about tracked objects"),
      kEnd};
  static const GType kType = register_enum("GstDeepstackSchema", kRows);
  return kType;
}

GType embeddings_type() {
  static const GEnumValue kRows[] = {
      row(Embeddings::kNone, "none", "None: they are personal data, and large"),
      row(Embeddings::kFused, "fused", "One of all levels, as the fusion weighs them"),
      row(Embeddings::kLevels, "levels", "One of each level, shallow first"), kEnd};
  static const GType kType = register_enum("GstDeepstackEmbeddings", kRows);
  return kType;
}

GType gallery_mode_type() {
  static const GEnumValue kRows[] = {
      row(GalleryMode::kOff, "off", "No identities, tracks only"),
      row(GalleryMode::kRead, "read", "Match against the gallery as it was kept, but learn no identities"),
      row(GalleryMode::kLearn, "learn", "Match, and learn identities that are new"), kEnd};
  static const GType kType = register_enum("GstDeepstackGalleryMode", kRows);
  return kType;
}

}  // namespace deepstack::gst
