#include "core/analyzer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/exhausted.h"
#include "core/identity/embedding.h"
#include "core/identity/view_quality.h"
#include "core/store/open_gallery.h"

namespace deepstack {
namespace {

// Detections from this share of the threshold may continue tracks.
constexpr float kWeakShare = 0.25F;
// Between two timelines nobody knows how long it was; this much is assumed.
constexpr double kUnknownGap_s = 1;
// Frames further apart show no motion that belongs together; Qwen3-VL's clips are sampled at 2 a
// second.
constexpr double kLongestPair_s = 2;

TrackerSettings tracker_settings(const Settings& settings) {
  return {settings.threshold, kWeakShare * settings.threshold, settings.track_max_age_ms / 1000.0};
}

}  // namespace

Analyzer::Analyzer(const Settings& settings, std::shared_ptr<Encoder> encoder,
                   std::shared_ptr<const Clock> clock, Proposer proposer, StreamGallery gallery)
    : settings_(settings),
      encoder_(std::move(encoder)),
      clock_(std::move(clock)),
      matcher_(encoder_->info().shape, encoder_->info().match),
      proposer_(std::move(proposer)),
      tracker_(tracker_settings(settings_), matcher_),
      identifier_(settings_, std::move(gallery)),
      depth_policy_(matcher_, tracker_, identifier_) {}

Result<std::unique_ptr<Analyzer>> Analyzer::create(const Settings& settings,
                                                   std::shared_ptr<Encoder> encoder,
                                                   std::shared_ptr<const Clock> clock) {
  if (Status status = settings.validate(); !status.ok()) return status;
  Result<Proposer> proposer = make_proposer(settings);
  if (!proposer.ok()) return proposer.status();
  Result<std::shared_ptr<SharedGallery>> gallery = open_gallery(settings, encoder->info());
  if (!gallery.ok()) return gallery.status();
  return std::unique_ptr<Analyzer>(new Analyzer(settings, std::move(encoder), std::move(clock),
                                                *std::move(proposer),
                                                StreamGallery(*std::move(gallery))));
}

// The gallery's time is UNIX seconds. Where the stream's clock starts over, how long it was away only
// UTC knows; and in its midst UTC may become certain (the first RTCP report, a clock that was set).
void Analyzer::anchor(double seconds, bool new_timeline) {
  const UtcTime& utc = frame_.utc;
  const UtcSource certain_by = utc.certain() ? utc.source : UtcSource::kNone;
  const bool better = certain_by != UtcSource::kNone && certain_by != anchored_by_;
  anchored_by_ = certain_by;
  if (better || new_timeline) {
    identifier_.anchor(seconds, utc.certain() ? utc.unix_s() : clock_->unix_s());
  }
}

double Analyzer::continuous_seconds(MediaTime time, const UtcTime& utc,
                                    std::vector<Event>& events) {
  const bool new_timeline = started_ && time.timeline != frame_.time.timeline;
  if (new_timeline) timeline_offset_s_ = seconds_ + kUnknownGap_s - to_seconds(time.ns);
  const double seconds = std::max(to_seconds(time.ns) + timeline_offset_s_,
                                  started_ ? seconds_ : std::numeric_limits<double>::lowest());
  const bool anchors = !started_ || new_timeline;
  const UtcTime before = std::exchange(frame_.utc, utc);
  frame_.time = time;
  started_ = true;
  if (new_timeline) {
    Event gap = event(EventKind::kStreamGap);
    gap.gap_s = before.certain() && utc.certain() ? utc.unix_s() - before.unix_s() : -1;
    events.push_back(std::move(gap));
    previous_rgb_.release();
    tell_ended(tracker_.finish(), events);
  }
  // After the old tracks ended, which are on the old time.
  anchor(seconds, anchors);
  seconds_ = seconds;
  return seconds;
}

Result<std::vector<Detection>> Analyzer::detect(const AnalyzerFrame& frame, double seconds) const {
  Result<std::vector<Detection>> found =
      proposer_({frame.rgb, frame.number, seconds, frame.upstream});
  if (!found.ok()) return found;
  const auto width = static_cast<float>(frame.rgb.cols);
  const auto height = static_cast<float>(frame.rgb.rows);
  std::erase_if(*found, [&](const Detection& detection) {
    return !settings_.accepts(detection.label) ||
           !(clip(detection.box, width, height).area() >= 1);  // also NaN
  });
  return found;
}

// The frame that shares a temporal patch with this one: the last analysed, if it is of the same
// size and not long ago; within a timeline by the clock of the media. Empty: this one stands alone.
cv::Mat Analyzer::predecessor(const AnalyzerFrame& frame, double seconds) const {
  const bool pairs = !previous_rgb_.empty() && previous_rgb_.size() == frame.rgb.size() &&
                     seconds - previous_seconds_ <= kLongestPair_s;
  return pairs ? previous_rgb_ : cv::Mat();
}

// Features belong to the detections of these indices; the others were not looked at.
Analyzer::Appearances Analyzer::appearances(std::span<const Feature> features,
                                            const std::vector<size_t>& index, size_t detections,
                                            double seconds) const {
  Appearances appearances(detections);
  for (size_t i = 0; i < index.size(); ++i) {
    appearances[index[i]] = make_appearance(features[i], matcher_.shape(), seconds);
  }
  return appearances;
}

Result<std::vector<Feature>> Analyzer::encode(const EncoderFrame& frame,
                                              std::span<const Box> boxes,
                                              const std::vector<Detection>& detections,
                                              const std::vector<size_t>& index,
                                              double seconds) const {
  if (!settings_.adaptive_depth) return encoder_->encode(frame, boxes);
  const auto go_deeper = [&](std::span<const Feature> so_far) -> Result<std::vector<bool>> {
    const Result<std::vector<bool>> undecided = depth_policy_.undecided(
        seconds, detections, appearances(so_far, index, detections.size(), seconds));
    if (!undecided.ok()) return undecided.status();
    std::vector<bool> by_box;
    for (const size_t i : index) by_box.push_back((*undecided)[i]);
    return by_box;
  };
  return encoder_->encode_adaptively(frame, boxes, go_deeper);
}

Result<Analyzer::Appearances> Analyzer::look(const AnalyzerFrame& frame,
                                             const std::vector<Detection>& detections,
                                             double seconds) {
  std::vector<Box> boxes;
  std::vector<size_t> index;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (detections[i].score < settings_.threshold) continue;
    boxes.push_back(detections[i].box);
    index.push_back(i);
  }
  Result<std::vector<Feature>> features =
      encode({frame.rgb, predecessor(frame, seconds)}, boxes, detections, index, seconds);
  if (!features.ok()) return features.status();
  for (const Feature& feature : *features) {
    const auto level = static_cast<size_t>(feature.levels(matcher_.shape()));
    blocks_run_ += static_cast<uint64_t>(encoder_->info().level_blocks[level - 1]);
  }
  boxes_looked_at_ += features->size();
  if (settings_.embeddings != Embeddings::kNone) {
    embeddings_.resize(detections.size());
    for (size_t i = 0; i < index.size(); ++i) {
      embeddings_[index[i]] = std::make_shared<const std::vector<Embedding>>(
          make_embeddings((*features)[i], matcher_.shape(), settings_.embeddings));
    }
  }
  Appearances seen = appearances(*features, index, detections.size(), seconds);
  for (const size_t i : index) seen[i]->quality = view_quality(i, detections, frame.rgb);
  return seen;
}

double Analyzer::average_depth() const {
  if (boxes_looked_at_ == 0) return 1;
  return static_cast<double>(blocks_run_) /
         (static_cast<double>(boxes_looked_at_) * encoder_->info().level_blocks.back());
}

ObservedObject Analyzer::observed(const Track& track) const {
  ObservedObject object{.detection = track.detection,
                        .track_id = track.id,
                        .confirmed = track.confirmed};
  if (const IdentityEvidence* identity = identifier_.identity_of(track.id)) {
    object.identity = *identity;
  }
  if (track.observed && *track.observed < embeddings_.size()) {
    object.embeddings = embeddings_[*track.observed];
  }
  return object;
}

Event Analyzer::event(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.frame = frame_;
  return event;
}

void Analyzer::tell_ended(const std::vector<Track>& ended, std::vector<Event>& events) {
  for (const Track& track : ended) {
    if (track.confirmed) {
      events.push_back(event(EventKind::kEnd));
      events.back().objects.push_back(observed(track));
      events.back().objects.back().region_id = ++last_region_id_;
    }
    identifier_.forget(track.id);
    told_.erase(track.id);
  }
}

void Analyzer::tell_tracks(Appearances& appearances, AnalyzerResult& result) {
  std::vector<ObservedObject>& objects = result.objects;
  std::vector<Event>& events = result.events;
  Event update = event(EventKind::kUpdate);
  for (const Track& track : tracker_.tracks()) {
    if (!track.observed) continue;
    objects.push_back(observed(track));
    objects.back().region_id = ++last_region_id_;
    result.views.push_back(std::move(appearances[*track.observed]));
    if (!track.confirmed) continue;
    if (told_.insert(track.id).second) {
      events.push_back(event(EventKind::kNew));
      events.back().objects.push_back(objects.back());
    }
    update.objects.push_back(objects.back());
  }
  if (!update.objects.empty()) events.push_back(std::move(update));
}

Result<AnalyzerResult> Analyzer::analyze(const AnalyzerFrame& frame) {
  AnalyzerResult result;
  result.events = std::exchange(untold_, {});
  Status status = unless_out_of_memory([&] { return analyze(frame, result); });
  if (status.ok()) return result;
  untold_ = std::move(result.events);
  return status;
}

Status Analyzer::analyze(const AnalyzerFrame& frame, AnalyzerResult& result) {
  if (frame_.width > 0 && (frame_.width != frame.rgb.cols || frame_.height != frame.rgb.rows)) {
    tracker_.rescale(static_cast<float>(frame.rgb.cols) / static_cast<float>(frame_.width),
                     static_cast<float>(frame.rgb.rows) / static_cast<float>(frame_.height));
  }
  frame_.width = frame.rgb.cols;
  frame_.height = frame.rgb.rows;
  frame_.pts_ns = frame.pts_ns;
  frame_.number = frame.number;
  embeddings_.clear();
  const double seconds = continuous_seconds(frame.time, frame.utc, result.events);
  Result<std::vector<Detection>> detections = detect(frame, seconds);
  if (!detections.ok()) return detections.status();
  Result<Appearances> appearances = look(frame, *detections, seconds);
  if (!appearances.ok()) return appearances.status();
  if (encoder_->info().looks_back) {
    previous_rgb_ = frame.rgb;
    previous_seconds_ = seconds;
  }

  Result<std::vector<Track>> ended = tracker_.update(seconds, *detections, *appearances);
  if (!ended.ok()) return ended.status();
  tell_ended(*ended, result.events);
  Result<std::vector<Correction>> corrections =
      identifier_.update(seconds, tracker_.tracks(), *appearances);
  if (!corrections.ok()) return corrections.status();
  for (Correction& correction : *corrections) {
    Event correcting = event(correction.kind);
    correcting.track_id = correction.track_id;
    correcting.from_uuid = std::move(correction.from_uuid);
    correcting.to_uuid = std::move(correction.to_uuid);
    correcting.score = correction.score;
    result.events.push_back(std::move(correcting));
  }
  tell_tracks(*appearances, result);
  return {};
}

std::vector<Event> Analyzer::skip(MediaTime time, const UtcTime& utc) {
  std::vector<Event> events = std::exchange(untold_, {});
  // Where the stream begins or starts over there is nothing to age; its first frame will say so.
  if (!started_ || time.timeline != frame_.time.timeline) return events;
  frame_.pts_ns = -1;
  const double seconds = continuous_seconds(time, utc, events);
  tell_ended(tracker_.age(seconds), events);
  return events;
}

std::vector<Event> Analyzer::finish() {
  std::vector<Event> events = std::exchange(untold_, {});
  tell_ended(tracker_.finish(), events);
  return events;
}

}  // namespace deepstack
