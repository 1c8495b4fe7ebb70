// What can be wrong with a store: it is refused with one line that names the file, and left as it
// is.
#include "core/store/identity_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/support/store_folder.h"

namespace deepstack {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr double kNow_s = 1.8e9;

class WrongStore : public test::StoreFolder {
 protected:
  // A store of ten people.
  void make() {
    const auto gallery = open();
    for (test::Look look = 1; look <= 10; ++look) learn(*gallery, look, kNow_s + look);
  }
  std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& bytes) const {
    std::ofstream(file(), std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  // Neither a learner nor a reader takes it, and neither touches it.
  void expect_refused(StatusCode code, const std::string& why) const {
    const std::string before = content();
    for (const Settings& settings : {settings_, reading()}) {
      const Status status = refusal(settings);
      EXPECT_EQ(status.code(), code) << status.message();
      EXPECT_THAT(status.message(), HasSubstr(file().string()));
      EXPECT_THAT(status.message(), HasSubstr(why));
    }
    EXPECT_EQ(content(), before);
  }
};

TEST_F(WrongStore, GarbageIsNoDatabase) {
  std::filesystem::create_directories(store());
  put(std::string(8192, 'x'));
  expect_refused(StatusCode::kCorrupt, "not a database");
}

TEST_F(WrongStore, ATruncatedFileIsDamaged) {
  make();
  const std::string whole = content();
  for (const size_t bytes : {whole.size() / 2, whole.size() - 4096, size_t{4096}, size_t{200}}) {
    put(whole.substr(0, bytes));
    expect_refused(StatusCode::kCorrupt, "is damaged");
  }
  put(whole);
  EXPECT_TRUE(refusal().ok()) << "the whole one is good";
}

TEST_F(WrongStore, FlippedBytesNeverGetThrough) {
  make();
  const std::string whole = content();
  size_t refused = 0;
  for (size_t page = 0; page * 4096 < whole.size(); ++page) {
    std::string damaged = whole;
    for (size_t i = page * 4096; i < page * 4096 + 16; ++i) damaged[i] = static_cast<char>(0xA5);
    put(damaged);
    const Status status = refusal(reading());
    refused += status.ok() ? 0 : 1;
    EXPECT_THAT(status.code(), AnyOf(StatusCode::kOk, StatusCode::kCorrupt)) << status.message();
  }
  EXPECT_GT(refused, whole.size() / 4096 / 2);
}

TEST_F(WrongStore, AnotherProgramsDatabaseIsLeftAlone) {
  std::filesystem::create_directories(store());
  change("PRAGMA application_id = 7; CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
  expect_refused(StatusCode::kCorrupt, "another program (application id 7");
  change("PRAGMA application_id = 0");
  expect_refused(StatusCode::kCorrupt, "another program (application id 0");
}

TEST_F(WrongStore, ANewerSchemaIsNotGuessedAt) {
  make();
  change("PRAGMA user_version = 3");
  expect_refused(StatusCode::kCorrupt, "schema version 3, this program knows versions up to 2");
}

TEST_F(WrongStore, ATriggerIsNoPartOfAStore) {
  make();
  change("CREATE TRIGGER evil AFTER INSERT ON identities BEGIN DELETE FROM identities; END");
  expect_refused(StatusCode::kCorrupt, "1 triggers or views");
}

TEST_F(WrongStore, ValuesThatNoIdentityHasAreRefused) {
  make();
  const std::string whole = content();
  const struct {
    const char* sql;
    const char* why;
  } cases[] = {
      {"UPDATE identities SET number = 9007199254740991 WHERE number = 3", "9007199254740991"},
      {"UPDATE identities SET number = -3 WHERE number = 3", "identity -3"},
      {"UPDATE identities SET uuid = 'x' WHERE number = 3", "identity 3"},
      {"UPDATE identities SET last_seen_s = 9e999 WHERE number = 3", "identity 3"},
      {"UPDATE identities SET label = hex(zeroblob(600)) WHERE number = 3", "identity 3"},
      {"UPDATE prototypes SET tokens = zeroblob(7) WHERE identity = 3", "12 + 7 bytes"},
      {"UPDATE prototypes SET gate = zeroblob(0) WHERE identity = 3", "0 + 1536 bytes"},
      {"UPDATE prototypes SET tokens = CAST(replace(hex(zeroblob(384)), '00', char(126) || "
       "char(126)"
       " || char(126) || char(126)) AS BLOB) WHERE identity = 3",
       "view 3 of identity 3"},
      {"UPDATE prototypes SET quality = -1 WHERE identity = 3", "view 3 of identity 3"},
      {"UPDATE meta SET last_number = 9007199254740991", "9007199254740991"},
      {"UPDATE meta SET levels = 0", "0 levels"},
      {"DELETE FROM meta", "meta"},
      {"DROP TABLE prototypes", "prototypes"},
  };
  for (const auto& wrong : cases) {
    put(whole);
    change(wrong.sql);
    for (const Settings& settings : {settings_, reading()}) {
      const Status status = refusal(settings);
      EXPECT_FALSE(status.ok()) << wrong.sql;
      EXPECT_THAT(status.message(), HasSubstr(file().string()));
      EXPECT_THAT(status.message(), HasSubstr(wrong.why));
    }
  }
}

TEST_F(WrongStore, AnEmptyFileIsANewStoreToALearnerOnly) {
  std::filesystem::create_directories(store());
  put("");
  EXPECT_EQ(refusal(reading()).code(), StatusCode::kNotFound);
  EXPECT_TRUE(refusal().ok());
}

TEST_F(WrongStore, AFileWhereTheFolderShouldBeIsNamed) {
  folder_.write("store", "no folder");
  const Status status = refusal();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(store().string()));
}

TEST_F(WrongStore, AReadOnlyFolderCanBeReadButNotLearnedInto) {
  make();
  std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(0755));
  std::filesystem::permissions(store(), static_cast<std::filesystem::perms>(0555));
  const bool is_root = geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(seteuid(65534), 0);  // nobody: root may write everywhere
  }
  const Status learner = refusal();
  const Status reader = refusal(reading());
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  std::filesystem::permissions(store(), std::filesystem::perms::owner_all);
  EXPECT_EQ(learner.code(), StatusCode::kUnavailable);
  EXPECT_THAT(learner.message(), HasSubstr(store().string()));
  EXPECT_THAT(learner.message(), HasSubstr("Permission denied"));
  EXPECT_TRUE(reader.ok()) << reader.message();
}

// As of a full disk: no file of this process may grow beyond a limit while it lives.
class NoMoreRoom {
 public:
  explicit NoMoreRoom(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~NoMoreRoom() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  // Ignored, or the kernel kills who writes on; other tests want just that.
  void (*const handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

TEST_F(WrongStore, AFullDiskIsCountedAndNothingIsLostOnceThereIsRoom) {
  const auto gallery = open();
  learn(*gallery, 1, kNow_s);
  ASSERT_TRUE(gallery->flush().ok());
  {
    const NoMoreRoom full(64 << 10);
    for (test::Look look = 2; look <= 100; ++look) learn(*gallery, look, kNow_s + look);
    const Status status = gallery->flush();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(file().string()));
    EXPECT_EQ(gallery->store_status().code(), status.code());
    EXPECT_GE(gallery->stats().store_errors, 1U);
    EXPECT_NE(recognised(*gallery, 100, kNow_s + 200).number, 0) << "it goes on in memory";
    EXPECT_GE(ask("SELECT count(*) FROM identities"), 1) << "what was there is there";
  }
  EXPECT_TRUE(gallery->flush().ok());
  EXPECT_TRUE(gallery->store_status().ok());
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 100);
  EXPECT_TRUE(is_sound());
}

TEST_F(WrongStore, AFullDiskWhileTheStoreIsMadeLeavesNothingThatIsInTheWay) {
  {
    const NoMoreRoom full(1000);
    EXPECT_FALSE(refusal().ok());
  }
  EXPECT_TRUE(refusal().ok());
}

}  // namespace
}  // namespace deepstack
