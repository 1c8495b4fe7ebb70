#include "core/identity/identifier.h"

#include <algorithm>
#include <cmath>

#include "core/identity/assignment.h"

namespace deepstack {
namespace {

constexpr float kLeastOdds = 0.7F;     // log odds by which the best must lead the runner-up
constexpr float kSurelyKnown = 0.9F;   // or it is this likely: whoever of the two it is, he is not new
constexpr float kHolderOdds = 1;       // log odds in favour of who has the identity already
constexpr float kEnoughWeight = 4;     // views of the best kind that decide
constexpr double kEnoughTime_s = 3;    // or so long in view
constexpr double kSecondCheck_s = 1;   // after a decision, decided again at this age, then at twice it
constexpr double kLastCheck_s = 8;     // at this age an identity is confirmed as it is
constexpr double kLost_s = 0.5;        // who was out of sight for longer may come back as another one
constexpr double kLookAgain_s = 0.5;   // a settled track is looked at this often
constexpr float kLearnQuality = 0.4F;  // by views of this quality
constexpr float kTeaches = 0.6F;       // a view that fits its identity this well is learnt
constexpr float kDoubtful = 0.2F;      // one that fits less well raises a doubt
constexpr int kDoubtsToDecideAnew = 3;

float log_odds(float probability) {
  const float p = std::clamp(probability, 1e-4F, 1 - 1e-4F);
  return std::log(p / (1 - p));
}

// As events may name it: who opted out is nobody.
std::string uuid_of(const Candidate* candidate) {
  return candidate == nullptr || candidate->identity.opted_out ? "" : candidate->identity.uuid;
}

}  // namespace

Identifier::Identifier(const Settings& settings, StreamGallery gallery)
    : mode_(settings.gallery_mode),
      threshold_(settings.reid_threshold),
      gallery_(std::move(gallery)) {}

const IdentityEvidence* Identifier::identity_of(int64_t track_id) const {
  const auto found = records_.find(track_id);
  return found == records_.end() || found->second.opted_out ? nullptr : evidence_of(track_id);
}

const IdentityEvidence* Identifier::evidence_of(int64_t track_id) const {
  const auto found = records_.find(track_id);
  return found == records_.end() || !found->second.decided() ? nullptr : &found->second.evidence;
}

bool Identifier::decides_at(double seconds, const Track& track) const {
  if (mode_ == GalleryMode::kOff) return false;
  const auto found = records_.find(track.id);
  if (found == records_.end() || found->second.contested) return true;
  return found->second.evidence.state == IdentityState::kTentative &&
         seconds >= found->second.next_check_s;
}

bool Identifier::settled(const Track& track) const {
  if (mode_ == GalleryMode::kOff) return true;
  const auto found = records_.find(track.id);
  return found != records_.end() &&
         found->second.evidence.state == IdentityState::kConfirmed;
}

void Identifier::forget(int64_t track_id) {
  const auto found = records_.find(track_id);
  if (found == records_.end()) return;
  gallery_.see(found->second.evidence.number, found->second.last_seen_s);
  records_.erase(found);
}

void Identifier::observe(double seconds, const std::vector<Track>& tracks,
                         const std::vector<std::optional<Appearance>>& appearances) {
  for (const Track& track : tracks) {
    if (!track.observed) continue;
    Record& record = records_[track.id];
    const bool missed = record.last_seen_s < last_update_s_;
    if (record.decided() && missed && seconds - record.last_seen_s > kLost_s) {
      // It keeps its identity until then.
      doubt(record);
      record.contested = false;
      record.evidence.state = IdentityState::kTentative;
      record.next_check_s = seconds + kSecondCheck_s;
    }
    record.last_seen_s = seconds;
    const std::optional<Appearance>& view = appearances[*track.observed];
    if (view && view->full_depth(gallery_.shape())) record.views.add(*view);
  }
  last_update_s_ = seconds;
}

// What the track shows now may be somebody else: it is decided anew, by what is seen from here on.
// Who it has been in company with before says nothing about that one.
void Identifier::doubt(Record& record) {
  record.contested = true;
  record.began_here = false;
  record.doubts = 0;
  record.company.clear();
  record.views = {};
}

// A track that was lost may have had its identity taken over by a new one, and then be found again.
void Identifier::contest(const std::vector<Track>& tracks) {
  std::map<int64_t, Record*> holders;  // by identity
  for (const Track& track : tracks) {
    if (!track.observed || evidence_of(track.id) == nullptr) continue;
    Record& record = records_.at(track.id);
    Record*& holder = holders[record.evidence.number];
    if (holder == nullptr) {
      holder = &record;
      continue;
    }
    Record* loser = &record;
    if (record.evidence.score > holder->evidence.score) std::swap(loser, holder);
    loser->contested = true;
    loser->began_here = false;
  }
}

// The tracks that are due, and with them every track in view whose identity is still open: who fits
// it better is to have it.
std::vector<Identifier::Case> Identifier::cases(double seconds,
                                                const std::vector<Track>& tracks) {
  std::vector<Case> cases;
  bool due = false;
  for (const Track& track : tracks) {
    if (!track.observed || !track.confirmed || track.recent.empty()) continue;
    Record& record = records_.at(track.id);
    const bool open = record.evidence.state == IdentityState::kTentative;
    if (!open && !record.contested) continue;
    const bool due_now = record.contested || seconds >= record.next_check_s;
    due = due || due_now;
    if (due_now || (record.decided() && !record.began_here)) {
      cases.push_back({&track, &record, {}});
    }
  }
  return due ? cases : std::vector<Case>{};
}

Status Identifier::find_candidates(std::vector<Case>& cases, const std::vector<Track>& tracks,
                                   double seconds) const {
  // Nobody is in two places: what a track in view is for good, no other track is.
  std::set<int64_t> taken;
  for (const Track& track : tracks) {
    if (!track.observed || evidence_of(track.id) == nullptr) continue;
    const Record& record = records_.at(track.id);
    if (record.settled()) taken.insert(record.evidence.number);
  }
  for (Case& open : cases) {
    std::vector<const Appearance*> views;
    for (const Appearance& view : open.record->views.views()) views.push_back(&view);
    if (views.empty()) views.push_back(&open.track->recent.back());
    Result<std::vector<Candidate>> found =
        gallery_.search(views, open.track->detection.label, seconds);
    if (!found.ok()) return found.status();
    // An identity made for this track knows only this track: it proves nothing.
    std::erase_if(*found, [&](const Candidate& candidate) {
      const int64_t number = candidate.identity.number;
      return taken.contains(number) || open.record->company.contains(number);
    });
    open.candidates = *std::move(found);
  }
  return {};
}

// One identity for one track: the best pairing over all of them, not the best of each.
void Identifier::choose(std::vector<Case>& cases) const {
  std::vector<int64_t> numbers;
  for (const Case& open : cases) {
    for (const Candidate& candidate : open.candidates) {
      numbers.push_back(candidate.identity.number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const auto column_of = [&](const Candidate& candidate) {
    return static_cast<size_t>(
        std::lower_bound(numbers.begin(), numbers.end(), candidate.identity.number) -
        numbers.begin());
  };
  std::vector<float> gain(cases.size() * numbers.size(), 0.0F);
  for (size_t row = 0; row < cases.size(); ++row) {
    for (const Candidate& candidate : cases[row].candidates) {
      const bool holds = cases[row].record->evidence.number == candidate.identity.number;
      const float odds = log_odds(candidate.probability) - log_odds(threshold_);
      if (odds < 0) continue;
      gain[row * numbers.size() + column_of(candidate)] = 0.01F + odds + (holds ? kHolderOdds : 0);
    }
  }
  std::set<int64_t> chosen;
  for (const auto& [row, column] :
       assign(gain, static_cast<int>(cases.size()), static_cast<int>(numbers.size()))) {
    Case& open = cases[static_cast<size_t>(row)];
    for (const Candidate& candidate : open.candidates) {
      if (column_of(candidate) == static_cast<size_t>(column)) open.chosen = &candidate;
    }
    chosen.insert(numbers[static_cast<size_t>(column)]);
  }
  for (Case& open : cases) {
    for (const Candidate& candidate : open.candidates) {
      if (chosen.contains(candidate.identity.number)) continue;
      if (open.second == nullptr || candidate.probability > open.second->probability) {
        open.second = &candidate;
      }
    }
  }
}

// Whether as much has been seen of the track as a decision needs.
bool Identifier::enough(const Case& open, double seconds) const {
  return open.record->views.weight() >= kEnoughWeight ||
         seconds - open.track->first_seen_s >= kEnoughTime_s;
}

bool Identifier::convinces(const Case& open, double seconds) const {
  if (open.chosen == nullptr || open.chosen->probability < threshold_) return false;
  const float second = open.second == nullptr ? 0 : open.second->probability;
  const bool leads = log_odds(open.chosen->probability) - log_odds(second) >= kLeastOdds;
  return (leads || open.chosen->probability >= kSurelyKnown) && enough(open, seconds);
}

IdentityEvidence Identifier::matched(const Case& open) const {
  const Candidate& chosen = *open.chosen;
  const bool same = open.record->evidence.number == chosen.identity.number;
  return {.uuid = chosen.identity.uuid,
          .number = chosen.identity.number,
          .score = chosen.probability,
          .margin = chosen.probability - (open.second == nullptr ? 0 : open.second->probability),
          .runner_up = uuid_of(open.second),
          .gap_s = same ? open.record->evidence.gap_s
                        : std::max(0.0, open.track->first_seen_s - chosen.identity.last_seen_s),
          .levels = chosen.levels};
}

IdentityEvidence Identifier::new_identity(const Case& open, double seconds) {
  const Candidate* nearest = nullptr;
  for (const Candidate& candidate : open.candidates) {
    if (nearest == nullptr || candidate.probability > nearest->probability) nearest = &candidate;
  }
  IdentityEvidence evidence;
  evidence.score = 1;
  evidence.margin = nearest == nullptr ? 1 : 1 - nearest->probability;
  evidence.runner_up = uuid_of(nearest);
  const KnownIdentity identity = gallery_.add(open.track->detection.label, seconds);
  for (const Appearance& view : open.record->views.views()) gallery_.learn(identity.number, view);
  if (open.record->views.views().empty()) {
    gallery_.learn(identity.number, open.track->recent.back());
  }
  evidence.uuid = identity.uuid;
  evidence.number = identity.number;
  return evidence;
}

std::optional<Correction> Identifier::change(const Track& track, Record& record,
                                             IdentityEvidence found, bool opted_out) {
  std::optional<Correction> correction;
  const std::string before = record.evidence.uuid;
  if (!before.empty() && !found.uuid.empty() && before != found.uuid) {
    if (!opted_out && !record.opted_out) {
      correction = Correction{record.began_here ? EventKind::kMerge : EventKind::kRename, track.id,
                              before, found.uuid, found.score};
    }
    if (record.began_here && mode_ == GalleryMode::kLearn) {
      gallery_.merge(record.evidence.number, found.number);
    }
  }
  record.evidence = std::move(found);
  record.opted_out = opted_out;
  record.began_here = false;
  return correction;
}

std::optional<Correction> Identifier::decide(const Case& open, double seconds) {
  const Track& track = *open.track;
  Record& record = *open.record;
  std::optional<Correction> correction;
  if (convinces(open, seconds)) {
    correction = change(track, record, matched(open), open.chosen->identity.opted_out);
  } else if (!record.decided() || record.contested) {
    if (!enough(open, seconds)) return correction;
    const bool learns = mode_ == GalleryMode::kLearn;
    correction =
        change(track, record, learns ? new_identity(open, seconds) : IdentityEvidence{}, false);
    record.began_here = learns;
  }
  const double age_s = seconds - track.first_seen_s;
  record.next_check_s =
      track.first_seen_s + std::clamp(2 * age_s, kSecondCheck_s, std::max(kLastCheck_s, age_s));
  record.contested = false;
  if (record.decided() && age_s >= kLastCheck_s) {
    record.evidence.state = IdentityState::kConfirmed;
    if (mode_ == GalleryMode::kLearn) {
      for (const Appearance& view : record.views.views()) {
        gallery_.learn(record.evidence.number, view);
      }
    }
  }
  return correction;
}

void Identifier::keep_company(const std::vector<Track>& tracks) {
  for (const Track& track : tracks) {
    if (!track.observed || evidence_of(track.id) == nullptr) continue;
    const Record& known = records_.at(track.id);
    if (!known.settled()) continue;
    for (const Track& other : tracks) {
      if (!other.observed || other.id == track.id) continue;
      records_.at(other.id).company.insert(known.evidence.number);
    }
  }
}

// Looks now and then whether a track still shows who it is said to be. What fits is learnt; where
// nothing fits for a while the tracker went over to somebody else, and the track is decided anew.
Status Identifier::verify(double seconds, const std::vector<Track>& tracks,
                          const std::vector<std::optional<Appearance>>& appearances) {
  for (const Track& track : tracks) {
    if (!track.observed || !records_.at(track.id).settled()) continue;
    Record& record = records_.at(track.id);
    // An undecided match must not look fresh, or the next check would compare it as such.
    gallery_.see(record.evidence.number, seconds);
    const std::optional<Appearance>& view = appearances[*track.observed];
    if (!view || view->quality < kLearnQuality || !view->full_depth(gallery_.shape())) continue;
    if (seconds < record.next_look_s) continue;
    record.next_look_s = seconds + kLookAgain_s;
    const Result<float> fit = fits(*view, record.evidence.number, track.detection.label, seconds);
    if (!fit.ok()) return fit.status();
    if (*fit >= kTeaches) {
      record.doubts = 0;
      if (mode_ == GalleryMode::kLearn) gallery_.learn(record.evidence.number, *view);
    } else if (*fit < kDoubtful && ++record.doubts >= kDoubtsToDecideAnew) {
      doubt(record);
    }
  }
  return {};
}

// Probability that the view is of the identity; 1 when nothing is kept of it.
Result<float> Identifier::fits(const Appearance& view, int64_t number, const std::string& label,
                               double seconds) const {
  const Result<std::vector<Candidate>> found = gallery_.search({&view}, label, seconds);
  if (!found.ok()) return found.status();
  for (const Candidate& candidate : *found) {
    if (candidate.identity.number == number) return candidate.probability;
  }
  return 1.0F;
}

Result<std::vector<Correction>> Identifier::update(
    double seconds, const std::vector<Track>& tracks,
    const std::vector<std::optional<Appearance>>& appearances) {
  std::vector<Correction> corrections;
  if (mode_ == GalleryMode::kOff) return corrections;
  observe(seconds, tracks, appearances);
  contest(tracks);
  std::vector<Case> open = cases(seconds, tracks);
  if (Status status = find_candidates(open, tracks, seconds); !status.ok()) return status;
  choose(open);
  for (const Case& decided : open) {
    if (auto correction = decide(decided, seconds)) corrections.push_back(*std::move(correction));
  }
  keep_company(tracks);
  if (Status status = verify(seconds, tracks, appearances); !status.ok()) return status;
  gallery_.expire(seconds);
  return corrections;
}

}  // namespace deepstack
