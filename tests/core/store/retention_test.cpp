#include "core/store/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/store/identity_edits.h"
#include "core/store/opt_out.h"
#include "tests/support/known_people.h"

namespace deepstack {
namespace {

class Retention : public test::KnownPeople {};

TEST_F(Retention, SaysWhatIsDueAndWhatIsNext) {
  make({1, 2});
  auto file = open_store_to_read(store());
  // Tracks begin at 0 and 20 s and last 4 s; the identities were last seen at 24 s.
  const auto some = due_for_removal(*file, 100, kSeen_s + 110);
  ASSERT_TRUE(some.ok()) << some.status().message();
  EXPECT_EQ(some->tracks, 2);
  EXPECT_EQ(some->observations, 10);
  EXPECT_EQ(some->identities, 0);
  EXPECT_EQ(some->next_s, kSeen_s + 124);
  const auto all = due_for_removal(*file, 100, kSeen_s + 125);
  EXPECT_EQ(all->identities, 2);
  EXPECT_EQ(all->prototypes, 2);
  EXPECT_EQ(all->tracks, 4);
  EXPECT_FALSE(all->next_s);
  const auto none = due_for_removal(*file, 100, kSeen_s);
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(none->next_s, kSeen_s + 104);
}

TEST_F(Retention, RemovesWhatIsDueAndNoMore) {
  make({1, 2});
  EditableStore open = edit();
  const std::string before = content();
  ASSERT_TRUE(apply_retention(open.file, 100, kSeen_s)->empty());
  EXPECT_EQ(content(), before);
  EXPECT_TRUE(audit().empty()) << "nothing went, nothing is told";
  ASSERT_EQ(apply_retention(open.file, 100, kSeen_s + 110)->tracks, 2);
  EXPECT_EQ(record(1).tracks, 1);
  EXPECT_EQ(record(1).observations, 5);
  ASSERT_EQ(apply_retention(open.file, 100, kSeen_s + 125)->identities, 2);
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM prototypes"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM observations"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM videos"), 1) << "a recording that was dealt with stays so";
  ASSERT_EQ(audit().size(), 2U);
  EXPECT_EQ(audit().front().action, "retention");
  EXPECT_EQ(audit().front().detail, "2 identities, 2 tracks, 10 observations, 0 edits");
}

TEST_F(Retention, WhoWasMergedGoesWithWhomHeBecame) {
  make({1, 2});
  EditableStore open = edit();
  ASSERT_TRUE(merge_identities(open, 1, 2).ok());
  const auto gone = apply_retention(open.file, 100, now_unix_s() + 1e9);
  ASSERT_TRUE(gone.ok()) << gone.status().message();
  EXPECT_EQ(gone->edits, 1) << "what could undo it is personal, too";
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 0);
}

TEST_F(Retention, OptOutsStay) {
  make({1, 2});
  EditableStore open = edit();
  ASSERT_TRUE(opt_out(open, 1).ok());
  ASSERT_TRUE(apply_retention(open.file, 100, now_unix_s() + 1e9).ok());
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM identities WHERE opted_out"), 1);
}

TEST_F(Retention, IsKeptToByWhoeverWritesAnArchive) {
  make({1, 2});
  change("UPDATE tracks SET last_seen_s = 1e9 WHERE id = 1");
  archive().reset();
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 4) << "nothing was set";
  {
    EditableStore open = edit();
    ASSERT_TRUE(set_stored_retention_s(open.file, 3600).ok());
  }
  archive().reset();
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 3);
}

TEST_F(Retention, IsKeptInTheStore) {
  make({1});
  EditableStore open = edit();
  EXPECT_FALSE(*stored_retention_s(open.file));
  ASSERT_TRUE(set_stored_retention_s(open.file, 3600).ok());
  EXPECT_EQ(*stored_retention_s(open.file), 3600);
  ASSERT_TRUE(set_stored_retention_s(open.file, std::nullopt).ok());
  EXPECT_FALSE(*stored_retention_s(open.file));
  for (const double wrong : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(set_stored_retention_s(open.file, wrong).code(), StatusCode::kInvalid);
    EXPECT_EQ(apply_retention(open.file, wrong, 0).status().code(), StatusCode::kInvalid);
  }
}

}  // namespace
}  // namespace deepstack
