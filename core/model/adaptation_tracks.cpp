#include "core/model/adaptation_tracks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

namespace deepstack {
namespace {

using Limits = AdaptationTracksLimits;

// count of them, evenly over the whole.
std::vector<const TrackView*> spread(const std::vector<const TrackView*>& views, size_t count) {
  if (views.size() <= count) return views;
  std::vector<const TrackView*> kept;
  for (size_t i = 0; i < count; ++i) kept.push_back(views[i * (views.size() - 1) / (count - 1)]);
  return kept;
}

// Views shown in one frame of a source are of different things, also where nobody said so.
std::set<std::pair<size_t, size_t>> seen_together(const ViewSet& set) {
  std::set<std::pair<size_t, size_t>> together = set.together;
  std::map<std::pair<int, int64_t>, std::vector<size_t>> by_frame;
  for (size_t t = 0; t < set.tracks.size(); ++t) {
    for (const TrackView& view : set.tracks[t].views) {
      by_frame[{set.tracks[t].source, view.frame}].push_back(t);
    }
  }
  for (const auto& [frame, shown] : by_frame) {
    for (const size_t a : shown) {
      for (const size_t b : shown) {
        if (a < b) together.insert({a, b});
      }
    }
  }
  return together;
}

Status unavailable(const std::string& message) { return {StatusCode::kUnavailable, message}; }

// Most views a track may keep so that all stay within max_views, and at least Limits::kViews.
size_t views_a_track(const std::vector<AdaptationTrack>& tracks, size_t max_views) {
  size_t most = Limits::kViews;
  for (const AdaptationTrack& track : tracks) most = std::max(most, track.views.size());
  const auto total = [&](size_t cap) {
    size_t sum = 0;
    for (const AdaptationTrack& track : tracks) sum += std::min(cap, track.views.size());
    return sum;
  };
  while (most > Limits::kViews && total(most) > max_views) --most;
  return most;
}

void divide(std::vector<AdaptationTrack>& tracks) {
  const auto count = static_cast<double>(tracks.size());
  const auto held_out = static_cast<size_t>(std::ceil(kHeldOutShare * count));
  const auto validation = static_cast<size_t>(std::ceil(kValidationShare * count));
  for (size_t i = 0; i < tracks.size(); ++i) {
    tracks[i].part = i < held_out                ? TrackPart::kHeldOut
                     : i < held_out + validation ? TrackPart::kValidation
                                                 : TrackPart::kTraining;
  }
}

Status check_enough(const AdaptationTracks& chosen) {
  for (const auto& [part, name] :
       {std::pair(TrackPart::kHeldOut, "held-out"), std::pair(TrackPart::kValidation, "validation"),
        std::pair(TrackPart::kTraining, "training")}) {
    size_t pairs = 0;
    for (const size_t t : chosen.of(part)) pairs += chosen.tracks[t].different.size();
    const size_t needed = part == TrackPart::kValidation ? 1 : Limits::kPairs;
    if (pairs / 2 >= needed) continue;
    return unavailable("too little footage: " + std::to_string(pairs / 2) + " pairs of the " +
                       std::to_string(chosen.of(part).size()) + " " + name +
                       " tracks were seen in one frame, " + std::to_string(needed) + " are needed");
  }
  return {};
}

}  // namespace

bool AdaptationTrack::differs_from(size_t other) const {
  return std::binary_search(different.begin(), different.end(), other);
}

std::vector<size_t> AdaptationTracks::of(TrackPart part) const {
  std::vector<size_t> places;
  for (size_t t = 0; t < tracks.size(); ++t) {
    if (tracks[t].part == part) places.push_back(t);
  }
  return places;
}

Result<AdaptationTracks> select_tracks(const ViewSet& set, size_t max_views, uint64_t seed) {
  AdaptationTracks chosen;
  std::vector<std::pair<size_t, std::vector<const TrackView*>>> long_enough;  // place in the set
  for (size_t t = 0; t < set.tracks.size(); ++t) {
    std::vector<const TrackView*> views;
    for (const TrackView& view : set.tracks[t].views) {
      if (is_usable(view)) views.push_back(&view);
    }
    chosen.unusable_views += set.tracks[t].views.size() - views.size();
    std::ranges::stable_sort(views, {}, &TrackView::seconds);
    if (views.size() >= Limits::kViews) {
      long_enough.emplace_back(t, std::move(views));
    } else {
      ++chosen.short_tracks;
    }
  }
  if (long_enough.size() < Limits::kTracks || max_views < Limits::kTracks * Limits::kViews) {
    return unavailable("too little footage: " + std::to_string(long_enough.size()) +
                       " tracks have at least " + std::to_string(Limits::kViews) + " views, " +
                       std::to_string(Limits::kTracks) + " are needed");
  }
  std::mt19937_64 random(seed);
  std::ranges::shuffle(long_enough, random);
  std::map<size_t, size_t> place_of;  // in the set -> in tracks
  size_t views_before = 0;
  for (auto& [place, views] : long_enough) {
    views_before += views.size();
    chosen.tracks.emplace_back().views = std::move(views);
    place_of[place] = chosen.tracks.size() - 1;
  }
  const size_t cap = views_a_track(chosen.tracks, max_views);
  size_t fitting = 0;
  for (AdaptationTrack& track : chosen.tracks) {
    track.views = spread(track.views, cap);
    if (chosen.view_count + track.views.size() > max_views) break;
    track.first_view = chosen.view_count;
    chosen.view_count += track.views.size();
    ++fitting;
  }
  chosen.tracks.resize(fitting);
  chosen.surplus_views = views_before - chosen.view_count;
  divide(chosen.tracks);
  for (const auto& [a, b] : seen_together(set)) {
    const auto first = place_of.find(a);
    const auto second = place_of.find(b);
    if (first == place_of.end() || second == place_of.end()) continue;
    const auto [i, j] = std::pair(first->second, second->second);
    if (i == j || i >= fitting || j >= fitting) continue;
    if (chosen.tracks[i].part != chosen.tracks[j].part) continue;
    chosen.tracks[i].different.push_back(j);
    chosen.tracks[j].different.push_back(i);
  }
  for (AdaptationTrack& track : chosen.tracks) std::ranges::sort(track.different);
  if (Status status = check_enough(chosen); !status.ok()) return status;
  return chosen;
}

}  // namespace deepstack
