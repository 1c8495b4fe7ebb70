#include "core/identity/identifier.h"

#include <algorithm>
#include <set>

#include "core/identity/assignment.h"

namespace deepstack {
namespace {

constexpr float kLeastMargin = 0.1F;   // to the runner-up's probability
constexpr int kSecondCheckHits = 6;    // first when the track is confirmed, then after 6, 12, ...
constexpr int kLastCheckHits = 24;     // then it is confirmed as it is
constexpr float kSureProbability = 0.9F;
constexpr int kSureHits = 6;
constexpr float kLearnOverlap = 0.3F;  // a view that other boxes cover more than this teaches nothing

// The highest probability among candidates other than `but`; null when there is none.
const Candidate* runner_up(const std::vector<Candidate>& candidates, const Candidate* but) {
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    const bool other = but == nullptr || candidate.identity != but->identity;
    if (other && (best == nullptr || candidate.probability > best->probability)) {
      best = &candidate;
    }
  }
  return best;
}

}  // namespace

Identifier::Identifier(const Settings& settings, const Matcher& matcher)
    : mode_(settings.gallery_mode),
      threshold_(settings.reid_threshold),
      gallery_({settings.gallery_max_bytes, settings.gallery_ttl_s}, matcher) {}

const IdentityEvidence* Identifier::identity_of(int64_t track_id) const {
  const auto found = decisions_.find(track_id);
  return found == decisions_.end() || found->second.evidence.uuid.empty()
             ? nullptr
             : &found->second.evidence;
}

void Identifier::forget(int64_t track_id) {
  const auto found = decisions_.find(track_id);
  if (found == decisions_.end()) return;
  if (Identity* identity = gallery_.find(found->second.evidence.number)) {
    identity->last_seen_s = std::max(identity->last_seen_s, found->second.last_seen_s);
  }
  decisions_.erase(found);
}

// A track that was lost may have had its identity taken over by a new one, and then be found again.
void Identifier::contest(const std::vector<Track>& tracks) {
  std::map<int64_t, Decision*> holders;  // by identity
  for (const Track& track : tracks) {
    const auto found = decisions_.find(track.id);
    if (!track.observed || found == decisions_.end()) continue;
    Decision& decision = found->second;
    if (decision.evidence.uuid.empty()) continue;
    Decision*& holder = holders[decision.evidence.number];
    if (holder == nullptr) {
      holder = &decision;
      continue;
    }
    Decision* loser = &decision;
    if (decision.evidence.score > holder->evidence.score) std::swap(loser, holder);
    loser->contested = true;
    loser->began_here = false;
  }
}

Identifier::Due Identifier::due(const std::vector<Track>& tracks) {
  Due due;
  for (const Track& track : tracks) {
    if (!track.observed || !track.confirmed || track.recent.empty()) continue;
    Decision& decision = decisions_[track.id];
    const bool open = decision.evidence.state == IdentityState::kTentative;
    if (decision.contested || (open && track.hits >= decision.next_check_hits)) {
      due.push_back(&track);
    }
  }
  return due;
}

Result<std::vector<std::vector<Candidate>>> Identifier::candidates(
    const Due& due, const std::vector<Track>& tracks, double seconds) const {
  // Identities of tracks in this frame are taken: nobody is in two places.
  std::set<int64_t> taken;
  for (const Track& track : tracks) {
    const IdentityEvidence* identity = identity_of(track.id);
    if (!track.observed || identity == nullptr) continue;
    if (!decisions_.at(track.id).contested) taken.insert(identity->number);
  }
  std::vector<std::vector<Candidate>> result;
  for (const Track* track : due) {
    std::vector<const Appearance*> views;
    for (const Appearance& view : track->recent) views.push_back(&view);
    Result<std::vector<Candidate>> found =
        gallery_.search(views, track->detection.label, seconds);
    if (!found.ok()) return found.status();
    const IdentityEvidence* own = identity_of(track->id);
    const auto decision = decisions_.find(track->id);
    const bool own_began_here = own != nullptr && decision->second.began_here;
    std::erase_if(*found, [&](const Candidate& candidate) {
      const int64_t number = candidate.identity->number;
      // An identity made for this track knows only this track: it proves nothing.
      const bool is_own = own != nullptr && number == own->number && !decision->second.contested;
      return is_own ? own_began_here : taken.contains(number);
    });
    result.push_back(*std::move(found));
  }
  return result;
}

std::optional<Correction> Identifier::change(const Track& track, Decision& decision,
                                             IdentityEvidence found) {
  std::optional<Correction> correction;
  const std::string before = decision.evidence.uuid;
  if (!before.empty() && !found.uuid.empty() && before != found.uuid) {
    correction = Correction{decision.began_here ? EventKind::kMerge : EventKind::kRename, track.id,
                            before, found.uuid};
    if (decision.began_here && mode_ == GalleryMode::kLearn &&
        gallery_.find(decision.evidence.number) != nullptr) {
      gallery_.merge(decision.evidence.number, found.number);
    }
  }
  decision.evidence = std::move(found);
  decision.began_here = false;
  return correction;
}

IdentityEvidence Identifier::new_identity(const Track& track, const Candidate* second,
                                          double seconds) {
  Identity& identity = gallery_.add(track.detection.label, seconds);
  for (const Appearance& view : track.recent) gallery_.learn(identity, view);
  return {.uuid = identity.uuid,
          .number = identity.number,
          .score = 1,
          .margin = second == nullptr ? 1 : 1 - second->probability,
          .runner_up = second == nullptr ? "" : second->identity->uuid,
          .levels = {}};
}

std::optional<Correction> Identifier::decide(const Track& track,
                                             const std::vector<Candidate>& candidates,
                                             const Candidate* chosen, double seconds) {
  Decision& decision = decisions_[track.id];
  decision.next_check_hits = std::max(kSecondCheckHits, 2 * track.hits);
  const Candidate* second = runner_up(candidates, chosen);
  const float second_probability = second == nullptr ? 0 : second->probability;
  std::optional<Correction> correction;
  if (chosen != nullptr && chosen->probability >= threshold_ &&
      chosen->probability - second_probability >= kLeastMargin) {
    const bool same = decision.evidence.number == chosen->identity->number;
    correction = change(
        track, decision,
        {.uuid = chosen->identity->uuid,
         .number = chosen->identity->number,
         .score = chosen->probability,
         .margin = chosen->probability - second_probability,
         .runner_up = second == nullptr ? "" : second->identity->uuid,
         .gap_s = same ? decision.evidence.gap_s
                       : std::max(0.0, track.first_seen_s - chosen->identity->last_seen_s),
         .levels = chosen->levels});
  } else if (decision.evidence.uuid.empty() || decision.contested) {
    const bool learns = mode_ == GalleryMode::kLearn;
    correction = change(track, decision,
                        learns ? new_identity(track, runner_up(candidates, nullptr), seconds)
                               : IdentityEvidence{});
    decision.began_here = learns;
  }
  decision.contested = false;
  const bool sure = !decision.began_here && decision.evidence.score >= kSureProbability &&
                    track.hits >= kSureHits;
  if (!decision.evidence.uuid.empty() && (sure || track.hits >= kLastCheckHits)) {
    decision.evidence.state = IdentityState::kConfirmed;
  }
  return correction;
}

void Identifier::learn(double seconds, const std::vector<Track>& tracks,
                       const std::vector<std::optional<Appearance>>& appearances) {
  for (const Track& track : tracks) {
    const auto decision = decisions_.find(track.id);
    if (!track.observed || decision == decisions_.end()) continue;
    decision->second.last_seen_s = seconds;
    Identity* identity = gallery_.find(decision->second.evidence.number);
    if (identity == nullptr) continue;
    const bool settled = decision->second.began_here ||
                         decision->second.evidence.state == IdentityState::kConfirmed;
    // An undecided match must not look fresh, or the next check would compare it as such.
    if (settled) identity->last_seen_s = seconds;
    if (mode_ != GalleryMode::kLearn || !settled || !appearances[*track.observed]) continue;
    const bool covered = std::any_of(tracks.begin(), tracks.end(), [&](const Track& other) {
      return other.observed && other.id != track.id &&
             intersection(other.detection.box, track.detection.box) >
                 kLearnOverlap * track.detection.box.area();
    });
    if (!covered) gallery_.learn(*identity, *appearances[*track.observed]);
  }
}

Result<std::vector<Correction>> Identifier::update(
    double seconds, const std::vector<Track>& tracks,
    const std::vector<std::optional<Appearance>>& appearances) {
  std::vector<Correction> corrections;
  if (mode_ == GalleryMode::kOff) return corrections;
  contest(tracks);
  const Due due_tracks = due(tracks);
  Result<std::vector<std::vector<Candidate>>> found = candidates(due_tracks, tracks, seconds);
  if (!found.ok()) return found.status();

  // One identity for one track: the best pairing over all of them, not the best of each.
  std::vector<int64_t> numbers;
  for (const auto& list : *found) {
    for (const Candidate& candidate : list) numbers.push_back(candidate.identity->number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<float> gain(due_tracks.size() * numbers.size(), 0.0F);
  for (size_t i = 0; i < due_tracks.size(); ++i) {
    for (const Candidate& candidate : (*found)[i]) {
      const auto column = static_cast<size_t>(
          std::lower_bound(numbers.begin(), numbers.end(), candidate.identity->number) -
          numbers.begin());
      gain[i * numbers.size() + column] = candidate.probability;
    }
  }
  std::vector<const Candidate*> chosen(due_tracks.size(), nullptr);
  for (const auto& [row, column] :
       assign(gain, static_cast<int>(due_tracks.size()), static_cast<int>(numbers.size()))) {
    for (const Candidate& candidate : (*found)[static_cast<size_t>(row)]) {
      if (candidate.identity->number == numbers[static_cast<size_t>(column)]) {
        chosen[static_cast<size_t>(row)] = &candidate;
      }
    }
  }
  for (size_t i = 0; i < due_tracks.size(); ++i) {
    if (auto correction = decide(*due_tracks[i], (*found)[i], chosen[i], seconds)) {
      corrections.push_back(*std::move(correction));
    }
  }
  learn(seconds, tracks, appearances);
  gallery_.expire(seconds);
  return corrections;
}

}  // namespace deepstack
