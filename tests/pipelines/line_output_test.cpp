#include "pipelines/watch/line_output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// stdout is a pipe while it lives; its reading end is `reader`.
class PipedStdout {
 public:
  PipedStdout() : saved_(dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    reader = ends[0];
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
  }
  ~PipedStdout() {
    restore();
    close(reader);
  }
  void restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
    saved_ = -1;
  }

  int reader = -1;

 private:
  int saved_;
};

TEST(LineOutput, AppendsAndKeepsAFileToItsOwner) {
  const TempFolder folder;
  const auto path = folder.path() / "events.jsonl";
  (*LineOutput::open(path, {}))->write("{\"a\":1}\n");
  (*LineOutput::open(path, {}))->write("{\"a\":2}\n");
  EXPECT_EQ(content(path), "{\"a\":1}\n{\"a\":2}\n");
  struct stat info {};
  stat(path.c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(LineOutput, BeginsANewLineAfterAFileThatEndsWithinOne) {
  const TempFolder folder;
  const auto path = folder.write("events.jsonl", "{\"a\":");
  (*LineOutput::open(path, {}))->write("{\"a\":2}\n");
  EXPECT_EQ(content(path), "{\"a\":\n{\"a\":2}\n");
}

TEST(LineOutput, SaysWhichFileCannotBeOpened) {
  const auto output = LineOutput::open("/none/events.jsonl", {});
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().message(),
            "/none/events.jsonl: cannot be written: No such file or directory");
}

TEST(LineOutput, KeepsLinesOfManyThreadsWhole) {
  const TempFolder folder;
  const auto path = folder.path() / "events.jsonl";
  {
    const auto output = *LineOutput::open(path, {});
    std::vector<std::jthread> threads;
    for (char name = 'a'; name < 'e'; ++name) {
      threads.emplace_back([&output, name] {
        for (int i = 0; i < 100; ++i) output->write(std::string(5000, name) + "\n");
      });
    }
    threads.clear();
    EXPECT_EQ(output->state().lines, 400U);
  }
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    ASSERT_EQ(line, std::string(5000, line.front()));
  }
  EXPECT_EQ(lines, 400);
}

// The file may grow to 1000 bytes, as on a disk that has no more.
TEST(LineOutput, LosesWholeLinesOfAFullDiskCountsThemAndGoesOn) {
  const TempFolder folder;
  const auto path = folder.path() / "events.jsonl";
  int changes = 0;
  const auto output = *LineOutput::open(path, [&changes] { ++changes; });
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string line = std::string(299, 'x') + "\n";
  for (int i = 0; i < 5; ++i) output->write(line);
  const LineOutput::State full = output->state();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(full.lines, 3U);
  EXPECT_EQ(full.lost, 2U);
  EXPECT_THAT(full.failure, HasSubstr("File too large"));
  EXPECT_FALSE(full.broken);
  EXPECT_EQ(changes, 1);

  output->write(line);
  EXPECT_EQ(output->state().failure, "");
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(content(path), line + line + line + line);
}

TEST(LineOutput, IsBrokenWhenNobodyReadsAnyMore) {
  std::signal(SIGPIPE, SIG_IGN);
  PipedStdout piped;
  const auto output = *LineOutput::open("-", {});
  close(piped.reader);
  output->write("{}\n");
  const LineOutput::State state = output->state();
  piped.restore();
  EXPECT_TRUE(state.broken);
  EXPECT_EQ(state.lost, 1U);
  EXPECT_EQ(state.failure, "stdout: cannot be written: Broken pipe");
}

TEST(LineOutput, WaitsForASlowReaderUntilItIsInterrupted) {
  std::signal(SIGPIPE, SIG_IGN);
  PipedStdout piped;
  const auto output = *LineOutput::open("-", {});
  fcntl(piped.reader, F_SETPIPE_SZ, 4096);
  auto writing = std::async(std::launch::async, [&output] {
    for (int i = 0; i < 100; ++i) output->write(std::string(1000, 'x') + "\n");
  });
  const bool waits = writing.wait_for(100ms) == std::future_status::timeout;
  output->interrupt();
  const bool ends = writing.wait_for(10s) == std::future_status::ready;
  piped.restore();
  EXPECT_TRUE(waits);
  EXPECT_TRUE(ends);
  EXPECT_EQ(output->state().lines + output->state().lost, 100U);
  EXPECT_GE(output->state().lost, 96U);
}

}  // namespace
}  // namespace deepstack::test
