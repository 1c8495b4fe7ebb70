// Settings: everything a user can choose for one stream, with its defaults and limits. The element
// and the program fill it; it is validated once and copied, never shared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack {

enum class InferenceRegion { kFullFrame, kRoiList };
enum class ProposalSource { kAuto, kUpstream, kMotion, kHog, kFile };
enum class DropPolicy { kAuto, kNever, kOldest };
enum class AttachMeta { kNone, kLatest, kExact };
enum class EventSchema { kNative, kDlStreamer, kDeepStreamMinimal, kOnvifMj, kFrigate };
enum class Embeddings { kNone, kFused, kLevels };
enum class GalleryMode { kOff, kRead, kLearn };
enum class Precision { kAuto, kFp32, kBf16, kFp16 };

struct Settings {
  std::string model;            // folder with config.json and model.safetensors; "" = the default
  std::string head;             // folder of adapters and gate trained for model; "" = the model's own
  std::string device = "auto";  // auto | cpu | cuda | cuda:N
  Precision precision = Precision::kAuto;

  int inference_interval = 1;          // every Nth frame, 1 = all
  int inference_rate_numerator = 0;    // frames a second of media time; 0/1 = off; wins over interval
  int inference_rate_denominator = 1;
  InferenceRegion inference_region = InferenceRegion::kRoiList;
  int batch_size = 16;                 // most crops in one pass of the tower
  bool adaptive_depth = false;         // deeper levels only where the shallow ones do not decide

  ProposalSource proposals = ProposalSource::kAuto;
  std::string proposals_file;          // MOTChallenge det.txt, for kFile
  std::string object_class;            // comma list of labels to analyse; "" = all
  float threshold = 0.5F;              // detections at or above begin tracks
  DropPolicy drop_policy = DropPolicy::kAuto;
  int drain_timeout_ms = -1;           // at the end, for what is under way; -1 = by the source
  AttachMeta attach_meta = AttachMeta::kNone;  // whether results go onto the frames, too

  int track_max_age_ms = 2000;         // a track unseen for longer ends

  GalleryMode gallery_mode = GalleryMode::kLearn;
  std::string gallery_id;              // streams of a process with the same one share; "" = its own
  std::string gallery_location;        // folder where the gallery is kept; "" = in memory only
  int64_t gallery_max_bytes = 64 << 20;
  double gallery_ttl_s = 72 * 3600;    // an identity unseen for longer is forgotten
  float reid_threshold = 0.5F;         // match probability from which an identity is the same again

  std::string source;                  // camera or file name written into events
  EventSchema schema = EventSchema::kNative;  // what events are written in
  std::string tags;                    // a JSON object that is put into every event; "" = none
  Embeddings embeddings = Embeddings::kNone;  // which vectors of objects are put into events

  // First value that is out of its range, by property name; ok when there is none.
  Status validate() const;

  // True when a detection with this label is to be analysed.
  bool accepts(const std::string& label) const;
};

}  // namespace deepstack
