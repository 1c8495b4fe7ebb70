#include "core/store/identity_edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "core/store/edit_journal.h"
#include "core/store/identity_store.h"
#include "tests/support/known_people.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class IdentityEdits : public test::KnownPeople {
 protected:
  // Identities with their look in a gallery that is opened anew.
  int64_t known_as(test::Look look) const {
    return recognised(*open(reading()), look, kSeen_s + 100).number;
  }
};

TEST_F(IdentityEdits, ANameIsGivenAndTakenAway) {
  make({1, 2});
  EditableStore open = edit();
  const auto named = name_identity(open, 1, "Zoë");
  ASSERT_TRUE(named.ok()) << named.status().message();
  EXPECT_EQ(named->identity, 1);
  EXPECT_EQ(record(1).name, "Zoë");
  ASSERT_TRUE(name_identity(open, 1, "").ok());
  EXPECT_EQ(record(1).name, "");
  EXPECT_EQ(name_identity(open, 1, "a\x1b").status().code(), StatusCode::kInvalid);
  EXPECT_EQ(name_identity(open, 9, "a").status().code(), StatusCode::kNotFound);
}

TEST_F(IdentityEdits, MergingGivesOverTracksViewsTimesAndName) {
  make({1, 2});
  {
    EditableStore open = edit();
    ASSERT_TRUE(name_identity(open, 1, "Ana").ok());
    const auto merged = merge_identities(open, 1, 2);
    ASSERT_TRUE(merged.ok()) << merged.status().message();
    EXPECT_EQ(merged->identity, 2);
  }
  const IdentityRecord both = record(2);
  EXPECT_EQ(both.tracks, 4);
  EXPECT_EQ(both.observations, 20);
  EXPECT_EQ(both.prototypes, 2);
  EXPECT_EQ(both.name, "Ana");
  EXPECT_EQ(known_as(1), 2);
  EXPECT_EQ(known_as(2), 2);
}

TEST_F(IdentityEdits, MergingKeepsNoMoreViewsThanAGalleryDoes) {
  {
    const auto gallery = open();
    for (int64_t person = 1; person <= 2; ++person) {
      const int64_t number = gallery->add("person", kSeen_s).number;
      for (test::Look view = 0; view < 6; ++view) {
        const test::Look look = static_cast<test::Look>(100 * person) + view;
        gallery->learn(number, test::appearance_of(look, kSeen_s + view), 0);
      }
    }
  }
  EXPECT_EQ(record(1).prototypes, 6);
  const std::string before = content();
  EditableStore open = edit();
  const auto merged = merge_identities(open, 1, 2);
  ASSERT_TRUE(merged.ok()) << merged.status().message();
  EXPECT_EQ(record(2).prototypes, 6);
  ASSERT_TRUE(undo_edit(open, merged->edit).ok());
  EXPECT_EQ(content(), before) << "the views that were dropped are back";
}

TEST_F(IdentityEdits, WhatCannotBeOneIsNotMerged) {
  make({1, 2});
  change("UPDATE identities SET label = 'dog' WHERE number = 2");
  EditableStore open = edit();
  EXPECT_THAT(merge_identities(open, 1, 1).status().message(), HasSubstr("with itself"));
  EXPECT_EQ(merge_identities(open, 1, 2).status().code(), StatusCode::kInvalid);
  EXPECT_EQ(merge_identities(open, 1, 7).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(merge_identities(open, 7, 1).status().code(), StatusCode::kNotFound);
}

TEST_F(IdentityEdits, SplittingMakesANewIdentityThatIsKnownByItsTracks) {
  make({1, 2});
  EditableStore open = edit();
  ASSERT_TRUE(merge_identities(open, 1, 2).ok());
  const auto split = split_identity(open, 2, std::array<int64_t, 2>{1, 2});
  ASSERT_TRUE(split.ok()) << split.status().message();
  EXPECT_EQ(split->identity, 3);
  EXPECT_EQ(record(3).tracks, 2);
  EXPECT_EQ(record(2).tracks, 2);
  EXPECT_GE(record(3).prototypes, 1);
  EXPECT_EQ(record(3).first_seen_s, kSeen_s);
  EXPECT_EQ(record(3).last_seen_s, kSeen_s + 24);
  EXPECT_NE(record(3).uuid, record(2).uuid);
}

TEST_F(IdentityEdits, SplittingRebuildsViewsFromKeyViews) {
  make({1, 2});
  {
    EditableStore open = edit();
    // The tracks of look 2 were taken to be identity 1's.
    ASSERT_TRUE(open.file.database.run("UPDATE tracks SET identity = 1").ok());
    ASSERT_TRUE(open.file.database.run("DELETE FROM identities WHERE number = 2").ok());
    const auto split = split_identity(open, 1, std::array<int64_t, 2>{3, 4});
    ASSERT_TRUE(split.ok()) << split.status().message();
    EXPECT_EQ(split->identity, 3);
  }
  EXPECT_EQ(known_as(2), 3);
  EXPECT_EQ(known_as(1), 1);
}

TEST_F(IdentityEdits, OnlyTracksOfTheIdentityAreSplitAndNotAllOfThem) {
  make({1, 2});
  EditableStore open = edit();
  const auto refusal = [&](std::vector<int64_t> tracks) {
    return split_identity(open, 1, tracks).status();
  };
  const std::string before = content();
  EXPECT_THAT(refusal({3}).message(), HasSubstr("track 3 is none of identity 1"));
  EXPECT_THAT(refusal({1, 99}).message(), HasSubstr("track 99"));
  EXPECT_THAT(refusal({1, 2}).message(), HasSubstr("all 2 tracks"));
  EXPECT_THAT(refusal({}).message(), HasSubstr("no track"));
  EXPECT_EQ(content(), before);
}

TEST_F(IdentityEdits, EveryEditIsUndone) {
  make({1, 2, 3});
  EditableStore open = edit();
  const std::string before = content();
  const auto named = name_identity(open, 2, "Ana");
  ASSERT_TRUE(undo_edit(open, named->edit).ok());
  EXPECT_EQ(content(), before);
  const auto merged = merge_identities(open, 1, 2);
  EXPECT_NE(content(), before);
  ASSERT_TRUE(undo_edit(open, merged->edit).ok());
  EXPECT_EQ(content(), before);
  const auto split = split_identity(open, 3, std::array<int64_t, 1>{5});
  EXPECT_NE(content(), before);
  const Status status = undo_edit(open, split->edit);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(content(), before);
  EXPECT_TRUE(is_sound());
  EXPECT_EQ(undo_edit(open, split->edit).code(), StatusCode::kNotFound) << "once";
}

TEST_F(IdentityEdits, EditsOfOneIdentityAreUndoneFromTheLastOn) {
  make({1, 2, 3});
  EditableStore open = edit();
  const std::string before = content();
  const auto first = merge_identities(open, 1, 2);
  const auto second = merge_identities(open, 2, 3);
  const Status status = undo_edit(open, first->edit);
  EXPECT_EQ(status.code(), StatusCode::kInvalid);
  EXPECT_THAT(status.message(), HasSubstr("edit " + std::to_string(second->edit)));
  ASSERT_TRUE(undo_edit(open, second->edit).ok());
  ASSERT_TRUE(undo_edit(open, first->edit).ok());
  EXPECT_EQ(content(), before);
}

TEST_F(IdentityEdits, WhatWasSeenSinceStaysWhenAnEditIsUndone) {
  make({1, 2});
  int64_t edited = 0;
  {
    EditableStore open = edit();
    edited = merge_identities(open, 1, 2)->edit;
  }
  {
    const auto gallery = open();
    gallery->see(2, kSeen_s + 500);
    gallery->learn(2, test::appearance_of(9, kSeen_s + 500), 0);
  }
  EditableStore open = edit();
  ASSERT_TRUE(undo_edit(open, edited).ok());
  EXPECT_EQ(record(2).last_seen_s, kSeen_s + 500);
  EXPECT_EQ(record(2).prototypes, 2);
  EXPECT_EQ(record(1).prototypes, 1);
}

TEST_F(IdentityEdits, ConfirmingEndsIt) {
  make({1, 2});
  EditableStore open = edit();
  const auto merged = merge_identities(open, 1, 2);
  ASSERT_EQ(pending_edits(open.file)->size(), 1U);
  EXPECT_EQ(pending_edits(open.file)->front().action, "merge");
  EXPECT_EQ(pending_edits(open.file)->front().other, 2);
  ASSERT_TRUE(confirm_edit(open, merged->edit).ok());
  EXPECT_TRUE(pending_edits(open.file)->empty());
  EXPECT_EQ(undo_edit(open, merged->edit).code(), StatusCode::kNotFound);
  EXPECT_EQ(confirm_edit(open, merged->edit).code(), StatusCode::kNotFound);
}

TEST_F(IdentityEdits, AreInTheAuditLogWithoutNames) {
  make({1, 2});
  EditableStore open = edit();
  ASSERT_TRUE(name_identity(open, 1, "Ana").ok());
  const auto merged = merge_identities(open, 1, 2);
  ASSERT_TRUE(undo_edit(open, merged->edit).ok());
  const std::vector<AuditEntry> entries = audit();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].action, "undo");
  EXPECT_EQ(entries[1].action, "merge");
  EXPECT_EQ(entries[1].editor, "tester");
  EXPECT_EQ(entries[1].identity, 1);
  EXPECT_EQ(entries[1].other, 2);
  EXPECT_NEAR(entries[1].seconds, now_unix_s(), 60);
  for (const AuditEntry& entry : entries) EXPECT_EQ(entry.detail.find("Ana"), std::string::npos);
}

TEST_F(IdentityEdits, AreRefusedWhileAGalleryLearnsAndSayWhoDoes) {
  make({1, 2});
  const auto gallery = open();
  const Status status = EditableStore::open(store(), "tester").status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(IdentityEdits, WantAStoreAndMakeNone) {
  EXPECT_EQ(EditableStore::open(store(), "tester").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(store()));
}

}  // namespace
}  // namespace deepstack
