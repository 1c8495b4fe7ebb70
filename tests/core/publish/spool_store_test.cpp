#include "core/publish/spool_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/publish/publication.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using Texts = std::vector<std::string>;

SpooledLine line(uint64_t number, const std::string& text) {
  return {number, std::make_shared<const std::string>(text)};
}

Texts texts(SpoolStore& store) {
  const Result<std::vector<SpooledLine>> loaded = store.load();
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  Texts lines;
  if (!loaded.ok()) return lines;
  for (const SpooledLine& each : *loaded) lines.push_back(*each.json);
  return lines;
}

class SpoolStoreTest : public testing::Test {
 protected:
  Result<SpoolStore> open() const { return SpoolStore::open(folder_.path()); }
  std::string file() const { return (folder_.path() / "spool.sqlite").string(); }

  const test::TempFolder folder_;
};

TEST_F(SpoolStoreTest, LinesAreThereAgainInTheirOrder) {
  {
    Result<SpoolStore> store = open();
    ASSERT_TRUE(store.ok()) << store.status().message();
    ASSERT_TRUE(store->write({false, {line(3, "a"), line(4, "b"), line(5, "c")}, {}}).ok());
    ASSERT_TRUE(store->write({false, {line(9, "d")}, {4}}).ok());
  }
  Result<SpoolStore> store = open();
  ASSERT_TRUE(store.ok()) << store.status().message();
  EXPECT_EQ(texts(*store), (Texts{"a", "c", "d"}));
  EXPECT_EQ(store->set_aside(), "");
  ASSERT_TRUE(store->write({true, {line(9, "d")}, {}}).ok());
  EXPECT_EQ(texts(*store), (Texts{"d"}));
  struct stat found {};
  ASSERT_EQ(stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(SpoolStoreTest, OnlyOneUsesAFolder) {
  Result<SpoolStore> first = open();
  ASSERT_TRUE(first.ok());
  const Result<SpoolStore> second = open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(second.status().message().find("one sink at a time"), std::string::npos)
      << second.status().message();
}

TEST_F(SpoolStoreTest, ATruncatedOrForeignFileIsSetAside) {
  {
    Result<SpoolStore> store = open();
    SpoolChanges changes;
    for (uint64_t i = 1; i < 500; ++i) changes.added.push_back(line(i, std::string(100, 'x')));
    ASSERT_TRUE(store->write(changes).ok());
  }
  ASSERT_EQ(truncate(file().c_str(), 20'000), 0);
  for (const char* foreign :
       {"", "not a database at all, but long enough to be looked at as one"}) {
    if (*foreign != '\0') folder_.write("spool.sqlite", foreign);
    Result<SpoolStore> store = open();
    ASSERT_TRUE(store.ok()) << store.status().message();
    EXPECT_TRUE(std::filesystem::exists(store->set_aside())) << store->set_aside();
    EXPECT_TRUE(texts(*store).empty());
    EXPECT_TRUE(store->write({false, {line(1, "a")}, {}}).ok());
  }
  Result<SqliteDatabase> other =
      SqliteDatabase::open(folder_.path() / "other", StoreAccess::kWrite);
  ASSERT_TRUE(other->execute("CREATE TABLE mine(a); INSERT INTO mine VALUES(1)").ok());
  other = SqliteDatabase();
  std::filesystem::rename(folder_.path() / "other", file());
  Result<SpoolStore> store = open();
  ASSERT_TRUE(store.ok()) << store.status().message();
  EXPECT_NE(store->set_aside(), "") << "somebody's database is not written into";
}

TEST_F(SpoolStoreTest, NoLinkIsFollowedAndNoFolderMeansWhy) {
  const auto other = folder_.write("other", "");
  std::filesystem::create_symlink(other, file());
  EXPECT_FALSE(open().ok());
  EXPECT_FALSE(SpoolStore::open(other).ok());
  const Result<SpoolStore> proc = SpoolStore::open("/proc/nothing");
  ASSERT_FALSE(proc.ok());
  EXPECT_NE(proc.status().message().find("spool-location /proc/nothing"), std::string::npos);
}

// RLIMIT_FSIZE is a full disk that needs no root.
TEST_F(SpoolStoreTest, F21_AFullDiskIsAnErrorAndNothingIsHalf) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    Result<SpoolStore> store = open();
    if (!store.ok() || !store->write({false, {line(1, "first")}, {}}).ok()) _exit(1);
    rlimit limit{200'000, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    SpoolChanges changes;
    for (uint64_t i = 2; i < 5000; ++i) changes.added.push_back(line(i, std::string(200, 'x')));
    if (store->write(changes).ok()) _exit(3);
    if (texts(*store) != Texts{"first"}) _exit(4);
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(5);
    changes.replace = true;
    if (!store->write(changes).ok()) _exit(6);
    _exit(texts(*store).size() == changes.added.size() ? 0 : 7);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// A process that publishes to a broker that is not there is killed: what was older than the delay
// is in the spool, in order and without a hole.
TEST_F(SpoolStoreTest, AKilledProcessHasLostNothingThatWasOlderThanTheDelay) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    PublishSettings settings;
    settings.uri = "mqtt://127.0.0.1:1";
    settings.spool_location = folder_.path().string();
    auto publication = Publication::open(settings, [](const auto&, const auto&) {});
    if (!publication.ok()) _exit(1);
    (*publication)->start();
    for (int i = 0;; ++i) {
      (*publication)->put("{\"event_id\":\"" + std::to_string(i) + "\"}");
      if (write(ends[1], &i, sizeof i) != sizeof i) _exit(1);
      usleep(500);
    }
  }
  close(ends[1]);
  int told = 0;
  const auto begin = std::chrono::steady_clock::now();
  int old_enough = 0;
  while (read(ends[0], &told, sizeof told) == sizeof told) {
    const auto age = std::chrono::steady_clock::now() - begin;
    if (age < std::chrono::milliseconds(400)) old_enough = told;
    if (age > std::chrono::milliseconds(1100)) break;
  }
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  ASSERT_TRUE(WIFSIGNALED(status));

  Result<SpoolStore> store = open();
  ASSERT_TRUE(store.ok()) << store.status().message();
  EXPECT_EQ(store->set_aside(), "");
  const Texts lines = texts(*store);
  ASSERT_GT(lines.size(), static_cast<size_t>(old_enough));
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i], "{\"event_id\":\"" + std::to_string(i) + "\"}");
  }
}

}  // namespace
}  // namespace deepstack
