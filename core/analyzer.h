// Analyzer: the one way through for a frame of one stream: proposals -> tower and fusion -> tracks
// -> identities -> events. Synchronous; owned by one stream (or program), called by one thread.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/encoder.h"
#include "core/event/event.h"
#include "core/identity/depth_policy.h"
#include "core/identity/identifier.h"
#include "core/identity/tracker.h"
#include "core/model/matcher.h"
#include "core/proposal/proposer.h"
#include "core/settings.h"
#include "core/time/clock.h"

namespace deepstack {

struct AnalyzerFrame {
  cv::Mat rgb;  // [height, width] CV_8UC3
  MediaTime time;
  UtcTime utc = {};
  int64_t pts_ns = -1;
  int64_t number = 0;                                // in the stream, from 1
  const std::vector<Detection>* upstream = nullptr;  // null: not looked at upstream
};

struct AnalyzerResult {
  std::vector<ObservedObject> objects;  // every track seen in the frame, also tentative ones
  std::vector<Event> events;            // in the order they are to be told
  // What each of the objects looked like; nothing where it was not looked at.
  std::vector<std::optional<Appearance>> views = {};
};

class Analyzer {
 public:
  // Fails when settings are wrong or a file they name cannot be read.
  static Result<std::unique_ptr<Analyzer>> create(
      const Settings& settings, std::shared_ptr<Encoder> encoder,
      std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>());

  // REQUIRES: times do not fall within a timeline. After an error the next frame can be given; what
  // was to be told before it is told with the next result.
  Result<AnalyzerResult> analyze(const AnalyzerFrame& frame);

  // There are no frames until this time of the timeline: the `end` events of the tracks that are too
  // old by then. Nothing is looked at.
  std::vector<Event> skip(MediaTime time, const UtcTime& utc);

  // Ends every track: its `end` events.
  std::vector<Event> finish();

  // State to go on from with the next frame, in a new Analyzer of the same settings, as if nothing had
  // been (analyzer_state.cpp). REQUIRES: gallery_mode off, proposals from upstream: what others keep
  // is not in it. previous_rgb: the frame that was analysed last. False: it is damaged.
  void save(ByteWriter& to) const;
  bool restore(ByteReader& from, cv::Mat previous_rgb);

  size_t track_count() const { return tracker_.tracks().size(); }
  const StreamGallery& gallery() const { return identifier_.gallery(); }

  // Share of the tower's blocks, up to its last level, that was run for a detection, on average over
  // all detections so far: 1 without adaptive_depth, and before the first.
  double average_depth() const;

 private:
  using Appearances = std::vector<std::optional<Appearance>>;

  Analyzer(const Settings& settings, std::shared_ptr<Encoder> encoder,
           std::shared_ptr<const Clock> clock, Proposer proposer, StreamGallery gallery);

  Status analyze(const AnalyzerFrame& frame, AnalyzerResult& result);
  double continuous_seconds(MediaTime time, const UtcTime& utc, std::vector<Event>& events);
  void anchor(double seconds, bool new_timeline);
  Result<std::vector<Detection>> detect(const AnalyzerFrame& frame, double seconds) const;
  Result<Appearances> look(const AnalyzerFrame& frame, const std::vector<Detection>& detections,
                           double seconds);
  Result<std::vector<Feature>> encode(const EncoderFrame& frame, std::span<const Box> boxes,
                                      const std::vector<Detection>& detections,
                                      const std::vector<size_t>& index, double seconds) const;
  Appearances appearances(std::span<const Feature> features, const std::vector<size_t>& index,
                          size_t detections, double seconds) const;
  cv::Mat predecessor(const AnalyzerFrame& frame, double seconds) const;
  ObservedObject observed(const Track& track) const;
  Event event(EventKind kind) const;
  void tell_ended(const std::vector<Track>& ended, std::vector<Event>& events);
  void tell_tracks(Appearances& appearances, AnalyzerResult& result);

  const Settings settings_;
  const std::shared_ptr<Encoder> encoder_;
  const std::shared_ptr<const Clock> clock_;
  const Matcher matcher_;
  const Proposer proposer_;
  Tracker tracker_;
  Identifier identifier_;
  const DepthPolicy depth_policy_;
  EventFrame frame_;  // of the frame at hand
  bool started_ = false;
  UtcSource anchored_by_ = UtcSource::kNone;  // the gallery; kNone: not for certain
  double timeline_offset_s_ = 0;  // added to a timeline's seconds, so that time never falls
  double seconds_ = 0;
  cv::Mat previous_rgb_;  // of the last frame that was analysed, for models that look back
  double previous_seconds_ = 0;
  uint64_t last_region_id_ = 0;
  uint64_t boxes_looked_at_ = 0;
  uint64_t blocks_run_ = 0;  // for each of them
  // Of the detections at hand, where they were looked at; empty: not asked for.
  std::vector<std::shared_ptr<const std::vector<Embedding>>> embeddings_;
  std::set<int64_t> told_;     // tracks that a `new` event was sent for
  std::vector<Event> untold_;  // of a frame that failed half-way
};

}  // namespace deepstack
