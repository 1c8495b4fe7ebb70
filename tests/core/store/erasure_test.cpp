// Erasing: a search of all bytes of all files, written here anew, and the nearest neighbour find
// nobody.
#include "core/store/erasure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "core/store/edit_journal.h"
#include "core/store/identity_edits.h"
#include "tests/support/cost.h"
#include "tests/support/fault_row.h"
#include "tests/support/known_people.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class Erasure : public test::KnownPeople {
 protected:
  std::string all_bytes() const {
    std::string bytes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      bytes += std::string{std::istreambuf_iterator<char>(in), {}};
    }
    return bytes;
  }

  // Every blob of features of an identity, and its UUID as text and as its 16 bytes.
  std::vector<std::string> traces_of(int64_t number) const {
    std::vector<std::string> traces;
    const std::string who = std::to_string(number);
    const std::string tracks = "track IN (SELECT id FROM tracks WHERE identity = " + who + ")";
    auto database = SqliteDatabase::open(file(), StoreAccess::kRead);
    for (const std::string& sql :
         {"SELECT tokens FROM prototypes WHERE identity = " + who,
          "SELECT levels FROM observations WHERE " + tracks,
          "SELECT tokens FROM observations WHERE tokens IS NOT NULL AND " + tracks}) {
      auto rows = database->prepare(sql);
      while (*rows->step()) {
        traces.emplace_back(reinterpret_cast<const char*>(rows->blob(0).data()),
                            rows->blob(0).size());
      }
    }
    const std::string uuid = record(number).uuid;
    traces.push_back(uuid);
    std::string digits = uuid, binary;
    std::erase(digits, '-');
    for (size_t i = 0; i < digits.size(); i += 2) {
      binary += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    traces.push_back(binary);
    return traces;
  }

  // How many of the traces have any run of 32 bytes (or the whole, when they are shorter) in the
  // bytes.
  static int left(const std::vector<std::string>& traces, const std::string& bytes) {
    std::set<std::string_view> runs;
    std::set<std::string_view> uuids;
    for (const std::string& trace : traces) {
      if (trace.size() < 32) uuids.insert(trace);
      for (size_t i = 0; i + 32 <= trace.size(); ++i)
        runs.insert(std::string_view(trace).substr(i, 32));
    }
    int found = 0;
    for (const std::string_view uuid : uuids)
      found += bytes.find(uuid) != std::string::npos ? 1 : 0;
    for (size_t i = 0; i + 32 <= bytes.size(); ++i) {
      found += runs.contains(std::string_view(bytes).substr(i, 32)) ? 1 : 0;
    }
    return found;
  }
};

TEST_F(Erasure, LeavesNoByteAndNoNeighbour) {
  make({1, 2, 3});
  const std::vector<std::string> traces = traces_of(2), others = traces_of(1);
  ASSERT_GT(left(traces, all_bytes()), 0) << "they are found while they are there";
  {
    EditableStore open = edit();
    const auto report = erase_identity(open, 2);
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_EQ(report->identities, 1);
    EXPECT_EQ(report->prototypes, 1);
    EXPECT_EQ(report->tracks, 2);
    EXPECT_EQ(report->observations, 10);
    EXPECT_GT(report->searched_bytes, 0U);
    EXPECT_FALSE(report->shared);
    EXPECT_EQ(left(traces, all_bytes()), 0) << "while the store is open";
  }
  EXPECT_EQ(left(traces, all_bytes()), 0);
  EXPECT_GT(left(others, all_bytes()), 0);
  EXPECT_TRUE(is_sound());
  const auto gallery = open(reading());
  EXPECT_EQ(recognised(*gallery, 2, kSeen_s + 100).number, 0);
  EXPECT_EQ(recognised(*gallery, 1, kSeen_s + 100).number, 1);
}

TEST_F(Erasure, TakesThoseAlongWhoWereMergedAndWhatWouldUndoIt) {
  make({1, 2, 3});
  const std::vector<std::string> first = traces_of(1), second = traces_of(2);
  EditableStore open = edit();
  ASSERT_TRUE(name_identity(open, 1, "Somebody Erased").ok());
  const auto merged = merge_identities(open, 1, 2);
  const auto report = erase_identity(open, 2);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->identities, 2);
  EXPECT_EQ(report->tracks, 4);
  EXPECT_EQ(report->edits, 2);
  EXPECT_EQ(left(first, all_bytes()) + left(second, all_bytes()), 0);
  EXPECT_EQ(all_bytes().find("Somebody Erased"), std::string::npos);
  EXPECT_EQ(undo_edit(open, merged->edit).code(), StatusCode::kNotFound);
  EXPECT_EQ(audit().front().action, "erase");
  EXPECT_EQ(audit().front().identity, 2);
}

TEST_F(Erasure, IsOfTheNumberForGood) {
  make({1, 2});
  {
    EditableStore open = edit();
    ASSERT_TRUE(erase_identity(open, 2).ok());
    EXPECT_EQ(erase_identity(open, 2).status().code(), StatusCode::kNotFound);
    EXPECT_EQ(erase_identity(open, 99).status().code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(learn(*open(), 2, kSeen_s).number, 3) << "its number is not given again";
}

TEST_F(Erasure, TakesPicturesAndLinesOfEventsAlong) {
  make({1, 2});
  const std::string mine = record(1).uuid, theirs = record(2).uuid;
  std::filesystem::create_directories(store() / "cache" / "deep");
  std::filesystem::create_directories(store() / "spool");
  folder_.write("store/cache/deep/1.jpg", "a picture");
  folder_.write("store/spool/events.jsonl", "{\"id\":\"" + theirs + "\"}\n{\"id\":\"" + mine +
                                                "\"}\n{\"id\":\"" + theirs + "\"}");
  folder_.write("outside", mine);
  std::filesystem::create_symlink(folder_.path() / "outside", store() / "link.jsonl");
  EditableStore open = edit();
  const auto report = erase_identity(open, 1);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->lines, 1);
  EXPECT_EQ(report->files, 2);
  EXPECT_FALSE(std::filesystem::exists(store() / "cache" / "deep"));
  std::ifstream in(store() / "spool" / "events.jsonl");
  const std::string events{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(events, "{\"id\":\"" + theirs + "\"}\n" + std::string(mine.size() + 9, ' ') +
                        "\n{\"id\":\"" + theirs + "\"}");
  std::ifstream outside(folder_.path() / "outside");
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(outside), {}}), mine)
      << "what lies elsewhere is not ours";
}

TEST_F(Erasure, NamesTheFileThatItCannotErase) {
  make({1, 2});
  folder_.write("store/notes.txt", "seen: " + record(1).uuid);
  EditableStore open = edit();
  const Status status = erase_identity(open, 1).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr((store() / "notes.txt").string()));
}

TEST_F(Erasure, IsNotSaidToBeDoneWhileAReaderHoldsOnToIt) {
  make({1, 2});
  const std::vector<std::string> traces = traces_of(2);
  EditableStore open = edit();
  // Something in the log, and somebody who reads it.
  ASSERT_TRUE(name_identity(open, 1, "Ana").ok());
  auto reader = SqliteDatabase::open(file(), StoreAccess::kRead);
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM prototypes").ok());
  const Status status = erase_identity(open, 2).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("--finish"));
  EXPECT_GT(left(traces, all_bytes()), 0);
  ASSERT_TRUE(reader->execute("COMMIT").ok());
  ASSERT_TRUE(finish_erasure(open).ok());
  EXPECT_EQ(left(traces, all_bytes()), 0);
}

TEST_F(Erasure, FindsCopiesThatAnotherProgramLeft) {
  make({1, 2});
  const std::string uuid = record(2).uuid;
  // Rows that are rewritten without being overwritten leave their bytes in the page.
  change(
      "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF; DELETE FROM identities; "
      "INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s) VALUES(2, '" +
      uuid + "', 'person', 1, 2)");
  EditableStore open = edit();
  const auto report = erase_identity(open, 2);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(all_bytes().find(uuid), std::string::npos);
}

TEST_F(Erasure, OfOneOfTenThousandTakesLessThanASecond) {
  make({1, 2});
  {
    auto database = SqliteDatabase::open(file(), StoreAccess::kWrite);
    ASSERT_TRUE(database
                    ->execute("BEGIN; WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM "
                              "n WHERE i < 10000) INSERT INTO identities(number, uuid, label, "
                              "first_seen_s, last_seen_s) SELECT i, lower(printf('%08x-%04x-4000-"
                              "8000-%012x', i, i, i)), 'person', 1.8e9, 1.8e9 FROM n; "
                              "WITH RECURSIVE v(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM v "
                              "WHERE i < 59999) INSERT INTO prototypes(identity, seconds, quality, "
                              "gate, tokens) SELECT i % 9998 + 3, 1.8e9, 1, zeroblob(12), "
                              "randomblob(1536) FROM v; COMMIT")
                    .ok());
  }
  const std::vector<std::string> traces = traces_of(5000);
  EditableStore open = edit();
  uint64_t searched = 0;
  double processor_ms = 0;
  const double erase_ms = test::milliseconds_of([&] {
    processor_ms = test::thread_milliseconds_of([&] {
      const auto report = erase_identity(open, 5000);
      ASSERT_TRUE(report.ok()) << report.status().message();
      EXPECT_EQ(report->prototypes, 6);
      searched = report->searched_bytes;
    });
  });
  test::fault_row("erase", "ms-of-10000", 1000, erase_ms);
  test::fault_row("erase", "processor-ms-of-10000", 1000, processor_ms);
  test::fault_row("erase", "searched-MB", 1000, static_cast<double>(searched) / 1e6);
  if (test::kCostsAreReal) {
    EXPECT_LE(processor_ms, 1000) << "on a machine of its own";
  }
  const std::string bytes = all_bytes();
  for (const std::string& trace : traces) {
    EXPECT_EQ(bytes.find(trace.substr(0, 32)), std::string::npos);
  }
}

}  // namespace
}  // namespace deepstack
