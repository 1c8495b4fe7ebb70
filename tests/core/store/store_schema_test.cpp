// A store of the version before is brought up to this one by whoever writes, whole or not at all.
#include "core/store/store_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/audit_log.h"
#include "core/store/editable_store.h"
#include "core/store/identity_catalog.h"
#include "tests/support/archive_folder.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class StoreSchema : public test::ArchiveFolder {
 protected:
  // What version 1 made, with the identities that are there.
  void make_version_1() {
    { learn(*open(), 1, 1.8e9); }
    change(
        "DROP TABLE observations; DROP TABLE tracks; DROP TABLE videos;"
        "DROP INDEX identities_by_merge; DROP TABLE audit; DROP TABLE edits; DROP TABLE retention;"
        "ALTER TABLE identities DROP COLUMN opted_out;"
        "ALTER TABLE identities DROP COLUMN merged_into; ALTER TABLE identities DROP COLUMN name;"
        "ALTER TABLE meta DROP COLUMN last_prototype; ALTER TABLE meta DROP COLUMN preprocessing;"
        "ALTER TABLE meta DROP COLUMN model_sha256;"
        "CREATE TABLE tracks(id INTEGER PRIMARY KEY, run TEXT NOT NULL, source TEXT NOT NULL,"
        "  track INTEGER NOT NULL, identity INTEGER, first_seen_s REAL NOT NULL,"
        "  last_seen_s REAL NOT NULL, UNIQUE(run, track));"
        "CREATE TABLE observations(id INTEGER PRIMARY KEY,"
        "  track INTEGER NOT NULL REFERENCES tracks(id) ON DELETE CASCADE, seconds REAL NOT NULL,"
        "  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,"
        "  quality REAL NOT NULL, crop BLOB NOT NULL);"
        "CREATE INDEX observations_by_track ON observations(track);"
        "PRAGMA user_version = 1");
  }
};

TEST_F(StoreSchema, AReaderTakesVersion1AsItIs) {
  make_version_1();
  EXPECT_NE(recognised(*open(reading()), 1, 1.8e9 + 5).number, 0);
  auto looked_at = open_store_to_read(store());
  EXPECT_EQ(list_identities(*looked_at)->size(), 1U);
  EXPECT_EQ(find_identity(*looked_at, "1")->prototypes, 1);
  EXPECT_TRUE(read_audit_log(*looked_at, 10)->empty());
  EXPECT_EQ(ask("PRAGMA user_version"), 1);
  const Status status = open_archive(store(), StoreAccess::kRead, std::nullopt).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("version 1"));
}

TEST_F(StoreSchema, AWriterBringsItUpAndKeepsWhoIsKnown) {
  make_version_1();
  EXPECT_NE(recognised(*open(), 1, 1.8e9 + 5).number, 0);
  EXPECT_EQ(ask("PRAGMA user_version"), 2);
  EXPECT_EQ(ask("SELECT last_prototype FROM meta"), 1);
  EXPECT_EQ(archive()->count({})->videos, 0);
  EXPECT_TRUE(is_sound());
}

TEST_F(StoreSchema, WhatCannotBeBroughtUpStaysAsItWas) {
  make_version_1();
  change("INSERT INTO tracks VALUES(1, 'run', 'source', 1, NULL, 1, 2)");
  EXPECT_THAT(refusal().message(), HasSubstr("1 rows in tracks"));
  EXPECT_EQ(ask("PRAGMA user_version"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'videos'"), 0);
}

}  // namespace
}  // namespace deepstack
