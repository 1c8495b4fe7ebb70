// What files, folders and patterns stand for.
#include "pipelines/index/recording_list.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

class RecordingListTest : public testing::Test {
 protected:
  RecordingListTest() {
    for (const char* name : {"door", "yard"}) {
      std::filesystem::create_directories(folder_.path() / name);
    }
    for (const char* name : {"door/b.MP4", "door/a.avi", "door/notes.txt", "yard/c.h265"}) {
      folder_.write(name, "x");
    }
  }

  std::string in(const std::string& name) const { return (folder_.path() / name).string(); }

  std::vector<std::string> names_of(const std::vector<std::string>& names) const {
    const auto found = list_recordings(names, "");
    EXPECT_TRUE(found.ok()) << found.status().message();
    std::vector<std::string> all;
    for (const Recording& each : *found) {
      all.push_back(each.camera + "/" + each.path.filename().string());
    }
    return all;
  }

  test::TempFolder folder_;
};

TEST_F(RecordingListTest, FoldersGiveTheirVideosInOrderAndEachOnce) {
  const std::vector<std::string> all{"door/a.avi", "door/b.MP4", "yard/c.h265"};
  EXPECT_EQ(names_of({folder_.path().string()}), all);
  EXPECT_EQ(names_of({in("yard"), in("door"), in("door/b.MP4"), in("yard/../door/a.avi")}), all);
}

TEST_F(RecordingListTest, AFileThatIsNamedIsTakenWhateverItIsCalled) {
  EXPECT_EQ(names_of({in("door/notes.txt")}), std::vector<std::string>{"door/notes.txt"});
}

TEST_F(RecordingListTest, PatternsAreReadWhereTheShellDidNot) {
  EXPECT_EQ(names_of({in("*/?.*")}),
            (std::vector<std::string>{"door/a.avi", "door/b.MP4", "yard/c.h265"}));
}

TEST_F(RecordingListTest, WhatStandsForNothingIsSaid) {
  std::filesystem::create_directories(folder_.path() / "empty");
  for (const char* name : {"nothing.mp4", "empty", "*.mkv"}) {
    const Status status = list_recordings({in("door"), in(name)}, "").status();
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_NE(status.message().find(in(name)), std::string::npos) << status.message();
  }
}

TEST_F(RecordingListTest, ACameraThatIsGivenIsTheirs) {
  const auto found = list_recordings({folder_.path().string()}, "roof");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 3U);
  for (const Recording& each : *found) {
    EXPECT_EQ(each.camera, "roof");
  }
}

}  // namespace
}  // namespace deepstack
