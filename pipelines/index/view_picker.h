// ViewPicker: which views of the tracks in a video are kept as observations: the best of each
// moment, a moment being a second, or a quarter of one while a track is young; and of those the key
// views, which keep all of their tokens: at most eight a track, as many as its identity is decided
// by.
//
// Everything it will ever do follows from what it was given, so that its state, saved and restored,
// goes on as if nothing had been. One thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/byte_stream.h"
#include "core/event/event.h"
#include "core/identity/appearance.h"
#include "core/store/archive_store.h"

namespace deepstack {

class ViewPicker {
 public:
  static constexpr size_t kKeyViews = 8;

  struct Options {
    FeatureShape shape;
    double start_s = 0;                  // UTC of the video's time 0
    int64_t max_age_ns = 2'000'000'000;  // of a track that is not seen; the tracker's
    bool crops = false;                  // keep a JPEG of each
  };

  explicit ViewPicker(const Options& options) : options_(options) {}

  // What a frame shows; views[i] belongs to objects[i]. What is to be stored by now goes into step.
  void add(int64_t pts_ns, const cv::Mat& rgb, std::span<const ObservedObject> objects,
           std::span<const std::optional<Appearance>> views, ArchiveStep& step);

  // Tracks that were not seen for max_age_ns are over; at the end of the video all are.
  void age(int64_t pts_ns, ArchiveStep& step);
  void end_all(ArchiveStep& step);

  void save(ByteWriter& to) const;
  bool restore(ByteReader& from);  // false: it is damaged

 private:
  struct Key {
    int64_t pts_ns = 0;
    float quality = 0;
  };
  struct Kept {
    ArchiveTrack track;
    bool confirmed = false;
    int64_t moment = -1;
    std::optional<ArchiveObservation> best;   // of the moment
    std::vector<ArchiveObservation> waiting;  // until the track is confirmed; few
    std::vector<Key> keys;
  };

  ArchiveObservation observation(int64_t pts_ns, const cv::Mat& rgb, const ObservedObject& object,
                                 const Appearance& view) const;
  static void emit(Kept& kept, ArchiveStep& step);
  static void finish(Kept& kept, ArchiveStep& step);

  const Options options_;
  std::map<int64_t, Kept> kept_;  // by number of the track
};

}  // namespace deepstack
