// The file under a Safetensors reader: what it may be, and what happens to it while it is read.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "core/model/safetensors.h"
#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using namespace std::chrono_literals;

class FileOfSafetensors : public testing::Test {
 protected:
  // Of one tensor "t", all of whose 1000 numbers are value.
  static std::string bytes(float value) {
    test::SafetensorsWriter writer;
    writer.add("t", {1000}, std::vector<float>(1000, value));
    return writer.bytes();
  }
  Safetensors open() {
    Result<Safetensors> file = Safetensors::open(path_);
    EXPECT_TRUE(file.ok()) << file.status().message();
    return *std::move(file);
  }
  static Status read(const Safetensors& file, std::vector<float>& values) {
    values.assign(1000, 0);
    return file.read(file.entries().at("t"), values.data());
  }
  void expect_changed(const Safetensors& file, const std::string& words) {
    std::vector<float> values;
    const Status status = read(file, values);
    EXPECT_EQ(status.code(), StatusCode::kCorrupt);
    EXPECT_EQ(status.message().find(path_.string() + ": "), 0U) << status.message();
    EXPECT_NE(status.message().find("has changed while it was read"), std::string::npos)
        << status.message();
    EXPECT_NE(status.message().find(words), std::string::npos) << status.message();
  }

  const test::TempFolder folder_;
  const std::filesystem::path path_ = folder_.write("model.safetensors", bytes(1));
};

TEST_F(FileOfSafetensors, WhatIsNoFileIsNamed) {
  const std::filesystem::path fifo = folder_.path() / "fifo.safetensors";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const struct {
    std::filesystem::path path;
    StatusCode code;
  } cases[] = {{folder_.path() / "missing.safetensors", StatusCode::kNotFound},
               {path_ / "below.safetensors", StatusCode::kNotFound},
               {folder_.path(), StatusCode::kCorrupt},
               {fifo, StatusCode::kCorrupt},
               {"/dev/zero", StatusCode::kCorrupt},
               {"", StatusCode::kNotFound}};
  for (const auto& bad : cases) {
    const Result<Safetensors> file = Safetensors::open(bad.path);
    ASSERT_FALSE(file.ok()) << bad.path;
    EXPECT_EQ(file.status().code(), bad.code) << bad.path;
    EXPECT_EQ(file.status().message().find(bad.path.string() + ": "), 0U) << bad.path;
  }
}

TEST_F(FileOfSafetensors, ALinkIsFollowed) {
  const std::filesystem::path link = folder_.path() / "link.safetensors";
  std::filesystem::create_symlink("model.safetensors", link);
  EXPECT_TRUE(Safetensors::open(link).ok());
}

TEST_F(FileOfSafetensors, F19_OneThatShrinksIsAnErrorOfTheRead) {
  const Safetensors file = open();
  std::filesystem::resize_file(path_, 100);
  expect_changed(file, "ends at byte 100");
}

TEST_F(FileOfSafetensors, OneThatIsWrittenToIsAnErrorOfTheRead) {
  for (const std::chrono::nanoseconds later : {1ns, std::chrono::nanoseconds(1s)}) {
    const Safetensors file = open();
    const auto before = std::filesystem::last_write_time(path_);
    folder_.write("model.safetensors", bytes(2));
    // Set, as the clock of the file system may be coarser than this test is fast.
    std::filesystem::last_write_time(path_, before + later);
    expect_changed(file, "");
  }
}

TEST_F(FileOfSafetensors, OneThatGrowsIsAnErrorOfTheRead) {
  const Safetensors file = open();
  const auto before = std::filesystem::last_write_time(path_);
  std::filesystem::resize_file(path_, 100'000);
  std::filesystem::last_write_time(path_, before);
  expect_changed(file, "and has 100000");
}

TEST_F(FileOfSafetensors, F19_OneThatIsReplacedIsReadAsItWas) {
  const Safetensors file = open();
  std::filesystem::rename(folder_.write("new", bytes(2)), path_);
  std::vector<float> values;
  ASSERT_TRUE(read(file, values).ok());
  EXPECT_EQ(values, std::vector<float>(1000, 1)) << "of the version whose header was read";
  std::filesystem::remove(path_);
  EXPECT_TRUE(read(file, values).ok());
}

TEST_F(FileOfSafetensors, ReadersMoveAndClose) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_files();
  {
    Safetensors file = open();
    EXPECT_EQ(open_files(), before + 1);
    Safetensors moved = std::move(file);
    file = open();
    moved = std::move(file);
    std::vector<float> values;
    EXPECT_TRUE(read(moved, values).ok());
    EXPECT_EQ(values.back(), 1);
  }
  EXPECT_EQ(open_files(), before);
}

TEST_F(FileOfSafetensors, ThreadsReadAtOnce) {
  const Safetensors file = open();
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> values(4);
  for (auto& mine : values) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(read(file, mine).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : values) EXPECT_EQ(mine, std::vector<float>(1000, 1));
}

}  // namespace
}  // namespace deepstack
