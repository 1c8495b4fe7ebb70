#include "pipelines/index/identity_linker.h"

#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "core/identity/half_tokens.h"
#include "core/identity/identifier.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr double kNever_s = 1e15;  // an archive forgets by retention, not by age alone

// A video's tracks with their key views, and the moments at which they are looked at.
struct Cast {
  struct Member {
    ArchiveTrack track;
    std::map<int64_t, Appearance> views;  // by pts_ns
  };
  std::map<int64_t, Member> members;  // by number of the track
  std::set<int64_t> moments_ns;
};

Appearance view_of(const ArchiveObservation& observation) {
  Appearance view{.tokens = std::vector<float>(observation.tokens.size()),
                  .gate = observation.gate,
                  .seconds = to_seconds(observation.pts_ns),
                  .quality = observation.quality};
  to_float(observation.tokens, view.tokens.data());
  return view;
}

Result<Cast> read_cast(ArchiveStore& archive, int64_t video) {
  Cast cast;
  ArchiveFilter filter;
  filter.video = video;
  filter.key_views_only = true;
  filter.with_tokens = true;
  Status status = archive.tracks(filter, [&](const ArchiveTrack& track) {
    cast.members[track.number].track = track;
    cast.moments_ns.insert(track.last_pts_ns);
    return true;
  });
  if (!status.ok()) return status;
  status = archive.sightings(filter, [&](const Sighting& sighting) {
    const int64_t pts_ns = sighting.observation.pts_ns;
    cast.members[sighting.track_number].views.emplace(pts_ns, view_of(sighting.observation));
    cast.moments_ns.insert(pts_ns);
    return true;
  });
  if (!status.ok()) return status;
  return cast;
}

// What the Identifier wants to know of a track at a moment.
Track track_at(const Cast::Member& member, double seconds, size_t index) {
  Track track{.id = member.track.number,
              .detection = {},
              .observed = index,
              .confirmed = true,
              .hits = 0,
              .first_seen_s = to_seconds(member.track.first_pts_ns),
              .last_seen_s = seconds,
              .motion = KalmanBox(Box{}),
              .recent = {}};
  track.detection.label = member.track.label;
  return track;
}

// The decisions so far.
class Decisions {
 public:
  void note(const Identifier& identifier, int64_t track) {
    // Also of who opted out: the archive keeps nothing of his tracks once it is told which they are.
    const IdentityEvidence* evidence = identifier.evidence_of(track);
    if (evidence == nullptr) {
      by_track_.erase(track);
      return;
    }
    numbers_[evidence->uuid] = evidence->number;
    by_track_[track] = {track, evidence->number, evidence->score};
  }

  // Everybody who was `from` is `to`.
  void merge(const Correction& correction) {
    if (correction.kind != EventKind::kMerge) return;
    const auto from = numbers_.find(correction.from_uuid);
    const auto to = numbers_.find(correction.to_uuid);
    if (from == numbers_.end() || to == numbers_.end()) return;
    gone_.insert(from->second);
    for (auto& [track, decision] : by_track_) {
      if (decision.identity == from->second) decision.identity = to->second;
    }
  }

  // Memory for identities is bounded, the archive is not: only who was merged away is removed.
  ArchiveIdentities take(GalleryChanges changes) const {
    std::erase_if(changes.removed, [&](int64_t number) { return !gone_.contains(number); });
    ArchiveIdentities identities{.tracks = {}, .changes = std::move(changes)};
    for (const auto& [track, decision] : by_track_) identities.tracks.push_back(decision);
    return identities;
  }

 private:
  std::map<int64_t, ArchiveIdentities::OfTrack> by_track_;
  std::map<std::string, int64_t> numbers_;
  std::set<int64_t> gone_;
};

GalleryChanges all_changes(SharedGallery& gallery) {
  GalleryChanges all;
  for (;;) {
    GalleryChanges some = gallery.take_changes();
    all.last_number = some.last_number;
    all.last_prototype = some.last_prototype;
    if (some.empty()) return all;
    std::move(some.changed.begin(), some.changed.end(), std::back_inserter(all.changed));
    all.removed.merge(some.removed);
    all.number_given = all.number_given || some.number_given;
  }
}

// One moment: who is in view, what is seen of them, and what follows.
Status look(Cast& cast, int64_t now_ns, Identifier& identifier, Decisions& decisions) {
  std::vector<Track> tracks;
  std::vector<std::optional<Appearance>> views;
  for (const auto& [number, member] : cast.members) {
    if (member.track.first_pts_ns > now_ns) break;  // numbers rise with time; who ended is gone
    tracks.push_back(track_at(member, to_seconds(now_ns), tracks.size()));
    const auto view = member.views.find(now_ns);
    views.push_back(view == member.views.end() ? std::nullopt : std::optional(view->second));
    // The last that was seen of it.
    const auto after = member.views.upper_bound(now_ns);
    if (after != member.views.begin()) {
      tracks.back().recent.push_back(std::prev(after)->second);
    }
  }
  const Result<std::vector<Correction>> corrections =
      identifier.update(to_seconds(now_ns), tracks, views);
  if (!corrections.ok()) return corrections.status();
  for (const Track& track : tracks) decisions.note(identifier, track.id);
  for (const Correction& correction : *corrections) decisions.merge(correction);
  for (const Track& track : tracks) {
    const auto member = cast.members.find(track.id);
    if (member->second.track.last_pts_ns > now_ns) continue;
    identifier.forget(track.id);
    cast.members.erase(member);
  }
  return {};
}

}  // namespace

IdentityLinker::IdentityLinker(const Settings& settings, const ModelInfo& model)
    : settings_(settings),
      gallery_(std::make_shared<SharedGallery>(GalleryLimits{settings.gallery_max_bytes, kNever_s},
                                               Matcher(model.shape, model.match))) {
  settings_.gallery_mode = GalleryMode::kLearn;
}

Result<std::unique_ptr<IdentityLinker>> IdentityLinker::create(const Settings& settings,
                                                               const ModelInfo& model,
                                                               ArchiveStore& archive) {
  std::unique_ptr<IdentityLinker> linker(new IdentityLinker(settings, model));
  const Result<int64_t> last_number = archive.last_number();
  if (!last_number.ok()) return last_number.status();
  const Result<int64_t> last_prototype = archive.last_prototype();
  if (!last_prototype.ok()) return last_prototype.status();
  Status status = archive.identities(
      [&](Identity identity) { linker->gallery_->restore(std::move(identity)); });
  if (!status.ok()) return status;
  linker->gallery_->begin_changes(*last_number, *last_prototype);
  return linker;
}

Status IdentityLinker::link(ArchiveStore& archive, const ArchiveVideo& video) {
  Result<Cast> cast = read_cast(archive, video.id);
  if (!cast.ok()) return cast.status();
  StreamGallery place(gallery_);
  place.place(video.start_s());
  Identifier identifier(settings_, std::move(place));
  Decisions decisions;
  for (const int64_t now_ns : cast->moments_ns) {
    if (Status status = look(*cast, now_ns, identifier, decisions); !status.ok()) return status;
  }
  return archive.identify(video.id, decisions.take(all_changes(*gallery_)));
}

}  // namespace deepstack
