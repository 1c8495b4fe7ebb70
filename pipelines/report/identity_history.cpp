#include "pipelines/report/identity_history.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/time/media_time.h"

namespace deepstack {
namespace {

// Identities after merges: each points to the one it was merged into. Merges cannot form a circle.
class Merges {
 public:
  explicit Merges(size_t count) : into_(count) { std::iota(into_.begin(), into_.end(), 0); }

  int32_t final_of(int32_t identity) {
    if (identity == kNoIdentity) return kNoIdentity;
    int32_t last = identity;
    while (into_[static_cast<size_t>(last)] != last) last = into_[static_cast<size_t>(last)];
    while (identity != last) {  // the next look-up is one step
      identity = std::exchange(into_[static_cast<size_t>(identity)], last);
    }
    return last;
  }

  void merge(int32_t from, int32_t to) {
    into_[static_cast<size_t>(final_of(from))] = final_of(to);
  }

 private:
  std::vector<int32_t> into_;
};

// The sightings of a track from `first` to the next piece's are said to be one identity.
struct Piece {
  size_t first = 0;
  int32_t identity = kNoIdentity;
};

class TrackNotes {
 public:
  void add(const Sighting& sighting) {
    if (!sightings_.empty() && sightings_.back().time_ns == sighting.time_ns) {
      sightings_.back() = sighting;  // `new` and the `update` of the same frame
    } else {
      sightings_.push_back(sighting);
    }
    const size_t last = sightings_.size() - 1;
    if (!pieces_.empty() && pieces_.back().first == last) pieces_.pop_back();
    if (pieces_.empty() || pieces_.back().identity != sighting.identity) {
      pieces_.push_back({last, sighting.identity});
    }
  }

  void rename(int32_t from, int32_t to, Merges& merges) {
    for (Piece& piece : pieces_) {
      if (merges.final_of(piece.identity) == merges.final_of(from)) piece.identity = to;
    }
    join_pieces(merges);
  }

  // Moves the sightings out, one stretch a piece; its identity still indexes EventLog::uuids.
  void take(Merges& merges, std::vector<Stretch>& stretches) {
    // Who it is was not known at once, but it was the same one.
    if (pieces_.size() > 1 && pieces_[0].identity == kNoIdentity) {
      pieces_[0].identity = pieces_[1].identity;
    }
    join_pieces(merges);
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const size_t end = i + 1 < pieces_.size() ? pieces_[i + 1].first : sightings_.size();
      Stretch stretch;
      stretch.track_id = sightings_.front().track_id;
      stretch.label = sightings_.back().label;
      stretch.sightings.assign(sightings_.begin() + static_cast<std::ptrdiff_t>(pieces_[i].first),
                               sightings_.begin() + static_cast<std::ptrdiff_t>(end));
      const int32_t identity = merges.final_of(pieces_[i].identity);
      if (identity != kNoIdentity) stretch.identity = static_cast<size_t>(identity);
      keep_valid_evidence(stretch, identity, merges);
      stretches.push_back(std::move(stretch));
    }
    sightings_ = {};
  }

 private:
  void join_pieces(Merges& merges) {
    const auto same = [&](const Piece& a, const Piece& b) {
      return merges.final_of(a.identity) == merges.final_of(b.identity);
    };
    pieces_.erase(std::unique(pieces_.begin(), pieces_.end(), same), pieces_.end());
  }

  // What was said about an identity that was taken back says nothing about the right one.
  static void keep_valid_evidence(Stretch& stretch, int32_t identity, Merges& merges) {
    double sum = 0;
    size_t matches = 0;
    for (Sighting& sighting : stretch.sightings) {
      if (merges.final_of(sighting.identity) != identity) sighting.matched = false;
      if (!sighting.matched) continue;
      sum += sighting.score;
      ++matches;
      stretch.stated_gap_s = sighting.gap_s;
    }
    if (matches > 0) stretch.score = sum / static_cast<double>(matches);
  }

  std::vector<Sighting> sightings_;
  std::vector<Piece> pieces_;
};

std::vector<Stretch> corrected_stretches(const EventLog& log, IdentityHistory& history) {
  Merges merges(log.uuids.size());
  std::map<int64_t, TrackNotes> tracks;
  size_t read = 0;
  const auto read_until = [&](size_t end) {
    for (; read < end; ++read) tracks[log.sightings[read].track_id].add(log.sightings[read]);
  };
  for (const CorrectionNote& note : log.corrections) {
    read_until(note.sightings_before);
    if (note.track_id == 0) {
      merges.merge(note.from, note.to);
    } else if (const auto track = tracks.find(note.track_id); track != tracks.end()) {
      track->second.rename(note.from, note.to, merges);
    }
  }
  read_until(log.sightings.size());
  history.tracks = tracks.size();
  std::vector<Stretch> stretches;
  for (auto& [id, track] : tracks) track.take(merges, stretches);
  std::stable_sort(stretches.begin(), stretches.end(),
                   [](const Stretch& a, const Stretch& b) { return a.begin_ns() < b.begin_ns(); });
  return stretches;
}

// stretches come by begin.
void add_to_visits(const Stretch& stretch, size_t index, std::vector<Visit>& visits) {
  const int64_t begin_ns = stretch.begin_ns();
  if (visits.empty() || begin_ns - visits.back().end_ns > kVisitGapNs) {
    const double gap_s =
        visits.empty() ? stretch.stated_gap_s : to_seconds(begin_ns - visits.back().end_ns);
    visits.push_back({begin_ns, stretch.end_ns(), gap_s, {}});
  }
  visits.back().end_ns = std::max(visits.back().end_ns, stretch.end_ns());
  visits.back().stretches.push_back(index);
}

void summarise(const IdentityHistory& history, SeenIdentity& identity) {
  double sum = 0;
  size_t matches = 0;
  for (const Visit& visit : identity.visits) {
    for (const size_t index : visit.stretches) {
      const Stretch& stretch = history.stretches[index];
      identity.sightings += stretch.sightings.size();
      for (const Sighting& sighting : stretch.sightings) {
        identity.confirmed |= sighting.confirmed;
        if (!sighting.matched) continue;
        sum += sighting.score;
        ++matches;
      }
    }
  }
  if (matches > 0) identity.score = sum / static_cast<double>(matches);
}

}  // namespace

double SeenIdentity::longest_gap_s() const {
  double longest_s = 0;
  for (const Visit& visit : visits) longest_s = std::max(longest_s, visit.gap_s);
  return longest_s;
}

IdentityHistory make_history(const EventLog& log) {
  IdentityHistory history;
  history.stretches = corrected_stretches(log, history);
  std::unordered_map<size_t, size_t> place_of;  // index in uuids -> index in identities
  for (size_t i = 0; i < history.stretches.size(); ++i) {
    Stretch& stretch = history.stretches[i];
    if (!stretch.identity) continue;
    const auto [place, first] = place_of.try_emplace(*stretch.identity, history.identities.size());
    if (first) {
      history.identities.emplace_back();
      history.identities.back().uuid = log.uuids[*stretch.identity];
      history.identities.back().label = stretch.label;
    }
    stretch.identity = place->second;
    add_to_visits(stretch, i, history.identities[place->second].visits);
  }
  for (SeenIdentity& identity : history.identities) {
    summarise(history, identity);
    history.returns +=
        static_cast<size_t>(std::count_if(identity.visits.begin(), identity.visits.end(),
                                          [](const Visit& visit) { return visit.gap_s > 0; }));
  }
  return history;
}

std::optional<Box> box_at(const Stretch& stretch, int64_t time_ns, int64_t tolerance_ns) {
  const std::vector<Sighting>& all = stretch.sightings;
  const auto after =
      std::lower_bound(all.begin(), all.end(), time_ns,
                       [](const Sighting& sighting, int64_t t) { return sighting.time_ns < t; });
  const bool has_before = after != all.begin();
  if (has_before && after != all.end()) {
    const Sighting& before = *(after - 1);
    const int64_t hole_ns = after->time_ns - before.time_ns;
    if (hole_ns <= kLongestHoleNs) {
      const auto share = static_cast<float>(static_cast<double>(time_ns - before.time_ns) /
                                            static_cast<double>(hole_ns));
      const auto mix = [share](float a, float b) { return a + share * (b - a); };
      return Box{mix(before.box.x, after->box.x), mix(before.box.y, after->box.y),
                 mix(before.box.width, after->box.width),
                 mix(before.box.height, after->box.height)};
    }
  }
  if (after != all.end() && after->time_ns - time_ns <= tolerance_ns) return after->box;
  if (has_before && time_ns - (after - 1)->time_ns <= tolerance_ns) return (after - 1)->box;
  return std::nullopt;
}

}  // namespace deepstack
