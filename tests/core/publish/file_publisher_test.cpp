#include "core/publish/file_publisher.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

class Heard : public DeliveryListener {
 public:
  void opened() override { ++opened_count; }
  void lost(PublishFailure failure) override { failures.push_back(failure); }
  void troubled(PublishFailure) override {}
  void delivered(uint64_t) override { ++delivered_count; }
  void rejected(uint64_t, std::string) override {}
  void has_news() override {}

  int opened_count = 0;
  int delivered_count = 0;
  std::vector<PublishFailure> failures;
};

std::string content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class FilePublisherTest : public testing::Test {
 protected:
  std::unique_ptr<FilePublisher> publisher(const std::string& name) {
    PublishSettings settings = settings_;
    settings.uri = "file://" + (folder_.path() / name).string();
    Result<PublishPlan> plan = plan_publishing(settings);
    EXPECT_TRUE(plan.ok()) << plan.status().message();
    return std::make_unique<FilePublisher>(*plan, heard_, clock_);
  }

  const test::TempFolder folder_;
  const std::shared_ptr<test::ManualClock> clock_ = std::make_shared<test::ManualClock>(1.8e9);
  PublishSettings settings_;
  Heard heard_;
};

TEST_F(FilePublisherTest, FollowsTheHourByUtcAndGoesOnWithWhatIsThere) {
  clock_->set(1764111599);  // 2025-11-25T22:59:59Z
  folder_.write("e-2025-11-25T22.jsonl", "{\"old\":1}\n{\"half");
  const auto file = publisher("e-{date}T{hour}.jsonl");
  ASSERT_TRUE(file->check().ok());
  file->open();
  file->send(1, "{\"a\":1}");
  clock_->set(1764111600);
  file->send(2, "{\"b\":1}");
  file->send(3, "{\"c\":1}");
  EXPECT_EQ(heard_.opened_count, 1);
  EXPECT_EQ(heard_.delivered_count, 3);
  EXPECT_EQ(content(folder_.path() / "e-2025-11-25T22.jsonl"), "{\"old\":1}\n{\"half\n{\"a\":1}\n");
  EXPECT_EQ(content(folder_.path() / "e-2025-11-25T23.jsonl"), "{\"b\":1}\n{\"c\":1}\n");
  struct stat found {};
  ASSERT_EQ(stat((folder_.path() / "e-2025-11-25T23.jsonl").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(FilePublisherTest, NoFileGrowsOverItsSizeAndNoneIsLost) {
  settings_.rotate_bytes = 10;
  for (int run = 0; run < 2; ++run) {
    const auto file = publisher("e.jsonl");
    file->open();
    for (const char* line : {"1234", "5678", "12345678901234567890"}) file->send(1, line);
  }
  EXPECT_EQ(content(folder_.path() / "e.jsonl"), "1234\n5678\n");
  EXPECT_EQ(content(folder_.path() / "e.1.jsonl"), "12345678901234567890\n");
  EXPECT_EQ(content(folder_.path() / "e.2.jsonl"), "1234\n5678\n");
  EXPECT_EQ(content(folder_.path() / "e.3.jsonl"), "12345678901234567890\n");
  EXPECT_EQ(heard_.delivered_count, 6);
}

TEST_F(FilePublisherTest, OnlyRegularFilesAreWritten) {
  const auto other = folder_.write("other", "");
  std::filesystem::create_symlink(other, folder_.path() / "link");
  ASSERT_EQ(mkfifo((folder_.path() / "fifo").c_str(), 0600), 0);
  std::filesystem::create_directory(folder_.path() / "folder");
  for (const auto& [name, says] :
       {std::pair("link", "is a symbolic link"), std::pair("fifo", "fifo: cannot be written"),
        std::pair("folder", "folder: cannot be written"), std::pair("no/where", "No such file")}) {
    const Status status = publisher(name)->check();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << name;
    EXPECT_NE(status.message().find(says), std::string::npos) << status.message();
    publisher(name)->open();
  }
  EXPECT_EQ(heard_.failures.size(), 4U);
  EXPECT_EQ(heard_.opened_count, 0);
}

TEST_F(FilePublisherTest, F21_AFullDeviceIsSaidToBeFull) {
  // The only file here that is always full is no regular one; a small limit does as well.
  const auto file = publisher("e.jsonl");
  file->open();
  file->send(1, "first");
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    file->send(2, "second, which is too long");
    const bool right = heard_.delivered_count == 1 && heard_.failures.size() == 1 &&
                       heard_.failures[0].kind == PublishFailure::Kind::kFull;
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(content(folder_.path() / "e.jsonl"), "first\n") << "no half of a line";
}

TEST_F(FilePublisherTest, TheDiskHasItWhenTheIntervalIsOver) {
  settings_.sync_interval_ms = 500;
  const auto file = publisher("e.jsonl");
  file->open();
  EXPECT_EQ(file->serve(clock_->now_ns()), EventPublisher::kNever);
  file->send(1, "a");
  const int64_t due_ns = clock_->now_ns() + 500'000'000;
  EXPECT_EQ(file->serve(clock_->now_ns()), due_ns);
  file->send(2, "b");
  EXPECT_EQ(file->serve(due_ns - 1), due_ns) << "from the first line on";
  EXPECT_EQ(file->serve(due_ns), EventPublisher::kNever);
}

}  // namespace
}  // namespace deepstack
