// SqliteArchive: an archive in DIR/deepstack.sqlite. See ArchiveStore.
#pragma once

#include <optional>

#include "core/store/archive_store.h"
#include "core/store/identity_tables.h"
#include "core/store/store_file.h"

namespace deepstack {

class SqliteArchive final : public ArchiveStore {
 public:
  explicit SqliteArchive(StoreFile file) : file_(std::move(file)) {}

  // Once, before anything else.
  Status prepare(StoreAccess access);

  const StoreModel& model() const override { return file_.model; }

  Result<ArchiveVideo> add(const ArchiveVideo& video) override;
  Status commit(const ArchiveStep& step) override;
  Status identify(int64_t video, const ArchiveIdentities& identities) override;
  Status remove_video(int64_t id) override;
  Status checkpoint() override;

  Status videos(const ArchiveFilter& filter, const Take<ArchiveVideo>& take) override;
  Status tracks(const ArchiveFilter& filter, const Take<ArchiveTrack>& take) override;
  Status sightings(const ArchiveFilter& filter, const Take<Sighting>& take) override;
  Result<ArchiveCounts> count(const ArchiveFilter& filter) override;
  Result<std::optional<ArchiveVideo>> find_video(const std::string& content_hash,
                                                 const std::string& settings_hash) override;
  Result<std::string> resume_state(int64_t video) override;

  Status identities(const std::function<void(Identity)>& take) override;
  Result<int64_t> last_number() override { return identities_->last_number(); }
  Result<int64_t> last_prototype() override { return identities_->last_prototype(); }

 private:
  Status write_video(const ArchiveVideo& video, const std::string& resume_state);
  Status write_track(int64_t video, const ArchiveTrack& track);
  Status write_observation(int64_t video, const ArchiveObservation& observation);
  Status set_first_seen(int64_t video);
  Status leave_alone(int64_t video);
  Status retain();
  Result<Sighting> read_sighting(const SqliteStatement& row, const ArchiveFilter& filter) const;

  StoreFile file_;
  std::optional<IdentityTables> identities_;  // after the file, as all statements
  struct Statements {
    SqliteStatement add_video, old_failure, video, track, observation, demote, identify, done;
  };
  Statements statements_;  // of a writer
};

}  // namespace deepstack
