#include "core/identity/depth_policy.h"

#include <algorithm>

namespace deepstack {
namespace {

// Overlap of a box with where its track should be, over that of the next best track or box. At 0.3
// it saves one block of a hundred and costs 0.3 IDF1 on vtest.
constexpr float kOverlapMargin = 0.5F;
constexpr float kLargestCover =
    0.3F;  // of a box by another one: as much teaches the gallery nothing
constexpr float kLeastLikeness = 0.5F;  // of a box and its track, on the levels so far
constexpr double kLostAge_s = 0.5;      // a track unseen for longer was lost (as in the Tracker)
constexpr double kViewDistance_s =
    0.3;                          // a track in doubt gathers views this often (as the Tracker)
constexpr double kRefresh_s = 2;  // one whose identity is settled needs them this often

}  // namespace

bool DepthPolicy::wants_view(const Track& track, double seconds) const {
  if (track.recent.empty() || identifier_.decides_at(seconds, track)) return true;
  const double age_s = seconds - track.recent.back().seconds;
  return age_s >= (identifier_.settled(track) ? kRefresh_s : kViewDistance_s);
}

std::vector<DepthPolicy::Pair> DepthPolicy::pair_by_motion(
    double seconds, const std::vector<Detection>& detections,
    const std::vector<std::optional<Appearance>>& appearances) const {
  const std::vector<Track>& tracks = tracker_.tracks();
  std::vector<Box> expected;
  for (const Track& track : tracks) {
    expected.push_back(track.motion.box_in(seconds - tracker_.now_s()));
  }
  std::vector<size_t> boxes;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (appearances[i]) boxes.push_back(i);
  }
  std::vector<Pair> pairs;
  for (const size_t i : boxes) {
    const Box& box = detections[i].box;
    size_t best = tracks.size();
    float overlap = 0;
    float rival = 0;
    for (size_t t = 0; t < tracks.size(); ++t) {
      const float other = iou(expected[t], box);
      rival = std::max(rival, std::min(other, overlap));
      if (other > overlap) best = t;
      overlap = std::max(overlap, other);
    }
    if (overlap < kOverlapMargin) continue;
    bool covered = false;
    for (const size_t j : boxes) {
      if (j == i) continue;
      rival = std::max(rival, iou(expected[best], detections[j].box));
      covered = covered || intersection(box, detections[j].box) > kLargestCover * box.area();
    }
    const Track& track = tracks[best];
    const bool in_view = track.confirmed && track.observed &&
                         seconds - track.last_seen_s <= kLostAge_s &&
                         track.detection.label == detections[i].label;
    if (in_view && !covered && overlap - rival >= kOverlapMargin) {
      pairs.push_back({i, best});
    }
  }
  return pairs;
}

// Probability, on the levels so far, that each pair is one thing.
Result<std::vector<float>> DepthPolicy::likeness(
    double seconds, const std::vector<Pair>& pairs,
    const std::vector<std::optional<Appearance>>& appearances) const {
  const std::vector<Track>& tracks = tracker_.tracks();
  std::vector<MatchSample> queries, keys;
  std::vector<int64_t> offsets{0};
  for (const Pair& pair : pairs) {
    queries.push_back({appearances[pair.detection]->tokens.data(), seconds});
    for (const Appearance& view : tracks[pair.track].recent) {
      keys.push_back({view.tokens.data(), view.seconds});
    }
    offsets.push_back(static_cast<int64_t>(keys.size()));
  }
  const Result<std::vector<float>> similarity = matcher_.similarities(queries, keys, offsets);
  if (!similarity.ok()) return similarity.status();
  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  std::vector<float> result;
  for (size_t p = 0; p < pairs.size(); ++p) {
    const Appearance& view = tracks[pairs[p].track].recent.back();
    const float* by_level = similarity->data() + (p * pairs.size() + p) * levels;
    result.push_back(matcher_.probability(
        matcher_.combine({by_level, levels}, appearances[pairs[p].detection]->gate, view.gate,
                         seconds - view.seconds)));
  }
  return result;
}

Result<std::vector<bool>> DepthPolicy::undecided(
    double seconds, const std::vector<Detection>& detections,
    const std::vector<std::optional<Appearance>>& appearances) const {
  std::vector<bool> undecided(detections.size());
  for (size_t i = 0; i < detections.size(); ++i) undecided[i] = appearances[i].has_value();
  std::vector<Pair> pairs = pair_by_motion(seconds, detections, appearances);
  std::erase_if(
      pairs, [&](const Pair& pair) { return wants_view(tracker_.tracks()[pair.track], seconds); });
  const Result<std::vector<float>> alike = likeness(seconds, pairs, appearances);
  if (!alike.ok()) return alike.status();
  for (size_t p = 0; p < pairs.size(); ++p) {
    if ((*alike)[p] >= kLeastLikeness) undecided[pairs[p].detection] = false;
  }
  return undecided;
}

}  // namespace deepstack
