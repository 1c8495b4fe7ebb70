#include "core/identity/tracker.h"

#include <algorithm>
#include <cmath>

#include "core/identity/assignment.h"

namespace deepstack {
namespace {

// Pairings worth less are not made; a confirmed track goes before a tentative one.
constexpr float kLeastGain = 0.15F;
constexpr float kConfirmedBonus = 0.1F;
constexpr float kAppearanceShare = 0.5F;
constexpr float kLargestDistance = 16;    // squared Mahalanobis, 2 degrees of freedom: 99.97 %
constexpr float kLeastWeakOverlap = 0.4F; // a weak detection must cover the prediction this well
constexpr float kDuplicateOverlap = 0.5F; // a new box this much on a seen one is the same thing
constexpr double kWeakAge_s = 0.5;        // weak detections revive no track unseen for longer
constexpr double kLostAge_s = 0.5;        // strong ones do when they look alike
constexpr float kLeastLostLikeness = 0.5F;
constexpr int kConfirmHits = 3;
constexpr double kConfirmAge_s = 0.5;     // or seen twice this far apart (slow sampling)
constexpr size_t kRecentViews = 4;
constexpr double kViewDistance_s = 0.3;   // views closer in time say the same

// 0..1: how well the box fits where the track should be; 0 when it cannot be.
float motion_gain(const Track& track, const Box& box) {
  const float distance = track.motion.distance(box);
  const float overlap = iou(track.motion.box(), box);
  if (distance > kLargestDistance && overlap < 0.1F) return 0;
  const float ratio = box.height / std::max(1.0F, track.motion.box().height);
  if (ratio > 2 || ratio < 0.5F) return 0;
  return std::max(overlap, std::exp(-distance / 8));
}

}  // namespace

Result<std::vector<float>> Tracker::appearance_gain(
    const Indices& strong, const std::vector<std::optional<Appearance>>& appearances,
    double seconds) const {
  std::vector<MatchSample> queries, keys;
  std::vector<int64_t> offsets{0};
  for (const size_t i : strong) queries.push_back({appearances[i]->tokens.data(), seconds});
  for (const Track& track : tracks_) {
    for (const Appearance& view : track.recent) keys.push_back({view.tokens.data(), view.seconds});
    offsets.push_back(static_cast<int64_t>(keys.size()));
  }
  Result<std::vector<float>> similarity = matcher_.similarities(queries, keys, offsets);
  if (!similarity.ok()) return similarity.status();

  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  std::vector<float> gain(tracks_.size() * strong.size(), 0.0F);  // [tracks, strong]
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (tracks_[t].recent.empty()) continue;
    const Appearance& view = tracks_[t].recent.back();
    for (size_t j = 0; j < strong.size(); ++j) {
      const float* by_level = similarity->data() + (j * tracks_.size() + t) * levels;
      gain[t * strong.size() + j] = matcher_.probability(
          matcher_.combine({by_level, levels}, appearances[strong[j]]->gate, view.gate,
                           seconds - view.seconds));
    }
  }
  return gain;
}

void Tracker::observe(Track& track, double seconds, size_t index,
                      const std::vector<Detection>& detections,
                      const std::vector<std::optional<Appearance>>& appearances) {
  track.detection = detections[index];
  track.motion.correct(track.detection.box);
  track.observed = index;
  track.last_seen_s = seconds;
  ++track.hits;
  track.confirmed =
      track.confirmed || track.hits >= kConfirmHits ||
      (track.hits >= 2 && seconds - track.first_seen_s >= kConfirmAge_s);
  if (!appearances[index] || !appearances[index]->full_depth(matcher_.shape())) return;
  if (!track.recent.empty() && seconds - track.recent.back().seconds < kViewDistance_s) {
    return;
  }
  track.recent.push_back(*appearances[index]);
  if (track.recent.size() > kRecentViews) track.recent.erase(track.recent.begin());
}

Tracker::Indices Tracker::continue_strong(
    double seconds, const std::vector<Detection>& detections,
    const std::vector<std::optional<Appearance>>& appearances, const Indices& strong,
    const std::vector<float>& likeness) {
  std::vector<float> gain(likeness.size(), 0.0F);
  for (size_t t = 0; t < tracks_.size(); ++t) {
    for (size_t j = 0; j < strong.size(); ++j) {
      const Detection& detection = detections[strong[j]];
      const float motion = motion_gain(tracks_[t], detection.box);
      if (motion == 0 || detection.label != tracks_[t].detection.label) continue;
      // Out of sight, what comes into view near by is as likely somebody else: looks decide.
      const bool lost = seconds - tracks_[t].last_seen_s > kLostAge_s;
      if (lost && likeness[t * strong.size() + j] < kLeastLostLikeness) continue;
      const float sum = (1 - kAppearanceShare) * motion +
                        kAppearanceShare * likeness[t * strong.size() + j];
      if (sum < kLeastGain) continue;
      gain[t * strong.size() + j] = sum + (tracks_[t].confirmed ? kConfirmedBonus : 0);
    }
  }
  Indices unmatched = strong;
  for (const auto& [t, j] :
       assign(gain, static_cast<int>(tracks_.size()), static_cast<int>(strong.size()))) {
    const size_t index = strong[static_cast<size_t>(j)];
    observe(tracks_[static_cast<size_t>(t)], seconds, index, detections, appearances);
    std::erase(unmatched, index);
  }
  return unmatched;
}

void Tracker::continue_weak(double seconds, const std::vector<Detection>& detections,
                            const std::vector<std::optional<Appearance>>& appearances) {
  Indices weak, open;
  for (size_t i = 0; i < detections.size(); ++i) {
    const float score = detections[i].score;
    if (score >= settings_.weak_score && score < settings_.strong_score) weak.push_back(i);
  }
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (!tracks_[t].observed && seconds - tracks_[t].last_seen_s <= kWeakAge_s) open.push_back(t);
  }
  std::vector<float> gain(open.size() * weak.size(), 0.0F);
  for (size_t t = 0; t < open.size(); ++t) {
    for (size_t j = 0; j < weak.size(); ++j) {
      const Detection& detection = detections[weak[j]];
      const float overlap = iou(tracks_[open[t]].motion.box(), detection.box);
      if (overlap < kLeastWeakOverlap || detection.label != tracks_[open[t]].detection.label) {
        continue;
      }
      gain[t * weak.size() + j] = overlap;
    }
  }
  for (const auto& [t, j] :
       assign(gain, static_cast<int>(open.size()), static_cast<int>(weak.size()))) {
    observe(tracks_[open[static_cast<size_t>(t)]], seconds, weak[static_cast<size_t>(j)],
            detections, appearances);
  }
}

void Tracker::begin(double seconds, const Indices& unmatched,
                    const std::vector<Detection>& detections,
                    const std::vector<std::optional<Appearance>>& appearances) {
  const size_t before = tracks_.size();
  for (const size_t i : unmatched) {
    const bool duplicate = std::any_of(
        tracks_.begin(), tracks_.begin() + static_cast<std::ptrdiff_t>(before),
        [&](const Track& track) {
          return track.observed && iou(track.detection.box, detections[i].box) > kDuplicateOverlap;
        });
    if (duplicate) continue;
    Track track{.id = ++last_id_,
                .detection = detections[i],
                .observed = i,
                .hits = 1,
                .first_seen_s = seconds,
                .last_seen_s = seconds,
                .motion = KalmanBox(detections[i].box),
                .recent = {}};
    if (appearances[i] && appearances[i]->full_depth(matcher_.shape())) {
      track.recent.push_back(*appearances[i]);
    }
    tracks_.push_back(std::move(track));
  }
}

std::vector<Track> Tracker::end_old(double seconds) {
  std::vector<Track> ended;
  std::vector<Track> kept;
  // Tracks are moved out one by one: no want of memory may come in between.
  ended.reserve(tracks_.size());
  kept.reserve(tracks_.size());
  for (Track& track : tracks_) {
    // A tentative track that is missed once was most likely noise.
    const bool over = track.confirmed ? seconds - track.last_seen_s > settings_.max_age_s
                                      : !track.observed;
    (over ? ended : kept).push_back(std::move(track));
  }
  tracks_ = std::move(kept);
  return ended;
}

Result<std::vector<Track>> Tracker::update(
    double seconds, const std::vector<Detection>& detections,
    const std::vector<std::optional<Appearance>>& appearances) {
  // Tracks too old to be continued go first, so that an hour without frames is not predicted over.
  for (Track& track : tracks_) track.observed.reset();
  std::vector<Track> ended;
  if (seconds - now_s_ > settings_.max_age_s) ended = finish();
  for (Track& track : tracks_) track.motion.predict(seconds - now_s_);
  now_s_ = seconds;

  Indices strong;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (detections[i].score >= settings_.strong_score && appearances[i]) strong.push_back(i);
  }
  Result<std::vector<float>> likeness = appearance_gain(strong, appearances, seconds);
  if (!likeness.ok()) return likeness.status();
  const Indices unmatched =
      continue_strong(seconds, detections, appearances, strong, *likeness);
  continue_weak(seconds, detections, appearances);
  std::vector<Track> old = end_old(seconds);
  std::move(old.begin(), old.end(), std::back_inserter(ended));
  begin(seconds, unmatched, detections, appearances);
  return ended;
}

void Tracker::rescale(float across, float down) {
  for (Track& track : tracks_) {
    Box& box = track.detection.box;
    box = {box.x * across, box.y * down, box.width * across, box.height * down};
    track.motion.rescale(across, down);
  }
}

std::vector<Track> Tracker::age(double seconds) {
  const auto old = std::stable_partition(
      tracks_.begin(), tracks_.end(),
      [&](const Track& track) { return seconds - track.last_seen_s <= settings_.max_age_s; });
  std::vector<Track> ended(std::make_move_iterator(old), std::make_move_iterator(tracks_.end()));
  tracks_.erase(old, tracks_.end());
  return ended;
}

std::vector<Track> Tracker::finish() { return std::exchange(tracks_, {}); }

}  // namespace deepstack
