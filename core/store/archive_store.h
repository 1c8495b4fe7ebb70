// ArchiveStore: the seam to where an archive is kept. SqliteArchive keeps it in
// DIR/deepstack.sqlite, together with the gallery's identities (docs/store-format.md). One thread
// at a time; one writer; readers beside it see what is committed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/identity/gallery_changes.h"
#include "core/status.h"
#include "core/store/archive_records.h"
#include "core/store/sqlite_database.h"
#include "core/store/store_schema.h"

namespace deepstack {

// Everything that one step of indexing a video has found, committed all or nothing.
struct ArchiveStep {
  ArchiveVideo video;                // its status, error, frames, resume_frame, ... as they are now
  std::string resume_state;          // what it takes to go on from resume_frame; opaque
  std::vector<ArchiveTrack> tracks;  // new or longer than before, by number; ids are not looked at
  // By number of their track, in `track`; that is among `tracks` or was given before.
  std::vector<ArchiveObservation> observations;
  // Observations, by number of track and pts_ns, that are no key view any more: lose their tokens.
  std::vector<std::pair<int64_t, int64_t>> demoted;
};

// Who the tracks of a video are.
struct ArchiveIdentities {
  struct OfTrack {
    int64_t number = 0;    // of the track
    int64_t identity = 0;  // 0: nobody that can be told
    float score = 0;
  };
  std::vector<OfTrack> tracks;
  GalleryChanges changes;  // of the gallery they were looked up in
};

class ArchiveStore {
 public:
  virtual ~ArchiveStore() = default;

  virtual const StoreModel& model() const = 0;

  // Writing. REQUIRES: opened with kWrite. Each is one transaction.

  // The video, with its id. One with these hashes that is there already is returned as it is; what
  // failed at the same path before is forgotten.
  virtual Result<ArchiveVideo> add(const ArchiveVideo& video) = 0;
  virtual Status commit(const ArchiveStep& step) = 0;
  // Tracks of the video get their identities, the gallery its changes, the video status kDone.
  virtual Status identify(int64_t video, const ArchiveIdentities& identities) = 0;
  // The video with its tracks and observations.
  virtual Status remove_video(int64_t id) = 0;
  // What is committed goes into the one file; what was deleted is nowhere any more. kUnavailable:
  // a reader is in the way.
  virtual Status checkpoint() = 0;

  // Reading. take returns false when it has enough. In order of: camera, start and id of videos;
  // video and number of tracks; id of observations, which is the order they were committed in.
  template <typename Record>
  using Take = std::function<bool(Record)>;

  virtual Status videos(const ArchiveFilter& filter, const Take<ArchiveVideo>& take) = 0;
  virtual Status tracks(const ArchiveFilter& filter, const Take<ArchiveTrack>& take) = 0;
  virtual Status sightings(const ArchiveFilter& filter, const Take<Sighting>& take) = 0;
  virtual Result<ArchiveCounts> count(const ArchiveFilter& filter) = 0;
  virtual Result<std::optional<ArchiveVideo>> find_video(const std::string& content_hash,
                                                         const std::string& settings_hash) = 0;
  virtual Result<std::string> resume_state(int64_t video) = 0;

  // The gallery's side, as IdentityStore's.
  virtual Status identities(const std::function<void(Identity)>& take) = 0;
  virtual Result<int64_t> last_number() = 0;
  virtual Result<int64_t> last_prototype() = 0;
};

// The archive in this folder, as StoreFile::open() says. kNotFound, too, when the store there is of
// a version without an archive and is just to be read.
Result<std::unique_ptr<ArchiveStore>> open_archive(const std::filesystem::path& folder,
                                                   StoreAccess access,
                                                   const std::optional<StoreModel>& model);

}  // namespace deepstack
