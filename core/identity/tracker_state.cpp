// A Tracker's state as bytes and back, so that a video can be gone on with after a kill.
#include "core/identity/tracker.h"

namespace deepstack {
namespace {

void save(ByteWriter& to, const Detection& detection) {
  for (const float value : {detection.box.x, detection.box.y, detection.box.width,
                            detection.box.height, detection.score}) {
    to.put(value);
  }
  to.put(detection.label);
  to.put(detection.label_id);
}

Detection read_detection(ByteReader& from) {
  Detection detection;
  for (float* value : {&detection.box.x, &detection.box.y, &detection.box.width,
                       &detection.box.height, &detection.score}) {
    from.get(*value);
  }
  from.get(detection.label);
  from.get(detection.label_id);
  return detection;
}

void save(ByteWriter& to, const Appearance& view) {
  to.put(view.tokens);
  to.put(view.gate);
  to.put(view.seconds);
  to.put(view.quality);
}

Appearance read_appearance(ByteReader& from) {
  Appearance view;
  from.get(view.tokens);
  from.get(view.gate);
  from.get(view.seconds);
  from.get(view.quality);
  return view;
}

}  // namespace

void Tracker::save(ByteWriter& to) const {
  to.put(now_s_);
  to.put(last_id_);
  to.put(uint64_t{tracks_.size()});
  for (const Track& track : tracks_) {
    to.put(track.id);
    deepstack::save(to, track.detection);
    to.put(uint8_t{track.confirmed});
    to.put(track.hits);
    to.put(track.first_seen_s);
    to.put(track.last_seen_s);
    track.motion.save(to);
    to.put(uint64_t{track.recent.size()});
    for (const Appearance& view : track.recent) deepstack::save(to, view);
  }
}

bool Tracker::restore(ByteReader& from) {
  from.get(now_s_);
  from.get(last_id_);
  tracks_.clear();
  const size_t tracks = from.count(sizeof(int64_t));
  for (size_t i = 0; i < tracks && from.ok(); ++i) {
    const auto id = from.get<int64_t>();
    Detection detection = read_detection(from);
    const bool confirmed = from.get<uint8_t>() != 0;
    const int hits = from.get<int>();
    const auto first_seen_s = from.get<double>();
    const auto last_seen_s = from.get<double>();
    Track track{.id = id,
                .detection = std::move(detection),
                .observed = std::nullopt,
                .confirmed = confirmed,
                .hits = hits,
                .first_seen_s = first_seen_s,
                .last_seen_s = last_seen_s,
                .motion = KalmanBox::restore(from),
                .recent = {}};
    const size_t views = from.count(sizeof(double));
    for (size_t j = 0; j < views && from.ok(); ++j) {
      track.recent.push_back(read_appearance(from));
      const Appearance& view = track.recent.back();
      if (view.tokens.size() != matcher_.shape().tokens_size() ||
          !view.full_depth(matcher_.shape())) {
        return false;
      }
    }
    tracks_.push_back(std::move(track));
  }
  return from.ok();
}

}  // namespace deepstack
