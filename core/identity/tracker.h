// Tracker: short-term tracks of one stream. Each frame the detections are paired with the tracks by
// where they should be (Kalman) and what they look like (Matcher), in one assignment; weak detections
// then continue what is left by overlap alone (the second round of ByteTrack, Zhang et al. 2022).
// All ages are media time. Owned by one Analyzer, called by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/frame/detection.h"
#include "core/identity/appearance.h"
#include "core/identity/kalman_box.h"
#include "core/model/matcher.h"

namespace deepstack {

struct Track {
  int64_t id = 0;  // rises from 1; unique in this stream and run
  Detection detection;             // where it was last seen
  std::optional<size_t> observed;  // index of its detection in this frame; empty: not seen now
  bool confirmed = false;          // seen often enough to be real
  int hits = 0;
  double first_seen_s = 0;
  double last_seen_s = 0;
  KalmanBox motion;
  std::vector<Appearance> recent;  // at full depth, newest last; few
};

struct TrackerSettings {
  float strong_score = 0.5F;  // detections from here begin tracks and are compared by appearance
  float weak_score = 0.1F;    // detections from here may continue a track
  double max_age_s = 2;       // a track unseen for longer ends
};

class Tracker {
 public:
  Tracker(const TrackerSettings& settings, const Matcher& matcher)
      : settings_(settings), matcher_(matcher) {}

  // Takes in the detections of the frame at this time; appearances[i] belongs to detections[i] and
  // is absent where it was not looked at; one that is not at full depth pairs its detection and is
  // not kept. Returns the tracks that ended; the rest are tracks().
  // REQUIRES: seconds does not fall.
  Result<std::vector<Track>> update(double seconds, const std::vector<Detection>& detections,
                                    const std::vector<std::optional<Appearance>>& appearances);

  // The frames to come are that many times as wide and as high; tracks stay where they are in the
  // picture.
  void rescale(float across, float down);

  // There were no frames until this time: ends the tracks that are too old by then. What the others
  // were seen doing last stays.
  std::vector<Track> age(double seconds);

  // Ends every track.
  std::vector<Track> finish();

  std::vector<Track>& tracks() { return tracks_; }
  const std::vector<Track>& tracks() const { return tracks_; }

  // All that it will ever do from here on follows from this and what it is given (tracker_state.cpp).
  // restore(): false when it is damaged. REQUIRES of the reader: saved with these settings.
  void save(ByteWriter& to) const;
  bool restore(ByteReader& from);

  // The time of the last update; KalmanBoxes say where tracks are then.
  double now_s() const { return now_s_; }

 private:
  using Indices = std::vector<size_t>;

  Result<std::vector<float>> appearance_gain(
      const Indices& strong, const std::vector<std::optional<Appearance>>& appearances,
      double seconds) const;
  void observe(Track& track, double seconds, size_t index, const std::vector<Detection>& detections,
               const std::vector<std::optional<Appearance>>& appearances);
  Indices continue_strong(double seconds, const std::vector<Detection>& detections,
                          const std::vector<std::optional<Appearance>>& appearances,
                          const Indices& strong, const std::vector<float>& likeness);
  void continue_weak(double seconds, const std::vector<Detection>& detections,
                     const std::vector<std::optional<Appearance>>& appearances);
  void begin(double seconds, const Indices& unmatched, const std::vector<Detection>& detections,
             const std::vector<std::optional<Appearance>>& appearances);
  std::vector<Track> end_old(double seconds);

  const TrackerSettings settings_;
  const Matcher& matcher_;
  std::vector<Track> tracks_;
  double now_s_ = 0;
  int64_t last_id_ = 0;
};

}  // namespace deepstack
