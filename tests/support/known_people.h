// What the tests of edits, rights and retention share: a store that knows people by views, tracks
// and observations.
#pragma once

#include "core/store/audit_log.h"
#include "core/store/editable_store.h"
#include "core/store/identity_catalog.h"
#include "tests/support/archive_folder.h"

namespace deepstack::test {

class KnownPeople : public ArchiveFolder {
 protected:
  static constexpr double kSeen_s = 1.8e9 + 60;  // when video_of("door", 1) begins

  // Identities 1, 2, ... of these looks; and of each two tracks, ids 2 n - 1 and 2 n, of five
  // seconds each.
  void make(const std::vector<Look>& looks) const {
    {
      const auto gallery = open();
      for (const Look look : looks) {
        gallery->see(learn(*gallery, look, kSeen_s).number, kSeen_s + 24);
      }
    }
    const auto store = archive();
    ArchiveStep step = step_of(*store, video_of("door", 1));
    ArchiveIdentities identities;
    int64_t track = 0;
    for (size_t i = 0; i < looks.size(); ++i) {
      for (const int begin_s : {0, 20}) {
        see(step, ++track, looks[i], begin_s, 5);
        identities.tracks.push_back({track, static_cast<int64_t>(i) + 1, 0.9F});
      }
    }
    ASSERT_TRUE(store->commit(step).ok());
    const auto last = store->last_number();
    const auto last_prototype = store->last_prototype();
    ASSERT_TRUE(last.ok() && last_prototype.ok());
    identities.changes.last_number = *last;
    identities.changes.last_prototype = *last_prototype;
    const Status status = store->identify(step.video.id, identities);
    ASSERT_TRUE(status.ok()) << status.message();
  }

  EditableStore edit() const {
    auto opened = EditableStore::open(store(), "tester");
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *std::move(opened);
  }
  IdentityRecord record(const std::string& key) const {
    auto file = open_store_to_read(store());
    EXPECT_TRUE(file.ok()) << file.status().message();
    const auto found = find_identity(*file, key);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? *found : IdentityRecord{};
  }
  IdentityRecord record(int64_t number) const { return record(std::to_string(number)); }

  // Of everything that edits may touch, as text: equal when the store says the same.
  std::string content() const {
    std::string text;
    for (const char* sql :
         {"SELECT number || uuid || label || name || first_seen_s || last_seen_s || "
          "ifnull(merged_into, '-') || opted_out FROM identities ORDER BY number",
          "SELECT id || ' ' || identity || ' ' || seconds || hex(tokens) FROM prototypes ORDER BY "
          "id",
          "SELECT id || ' ' || ifnull(identity, '-') FROM tracks ORDER BY id"}) {
      auto database = SqliteDatabase::open(file(), StoreAccess::kRead);
      auto rows = database->prepare(sql);
      while (*rows->step()) text += std::string(rows->text(0)) + "\n";
    }
    return text;
  }

  std::vector<AuditEntry> audit() const {
    auto file = open_store_to_read(store());
    return *read_audit_log(*file, 1000);
  }
};

}  // namespace deepstack::test
