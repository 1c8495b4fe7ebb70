#include "core/proposal/mot_file.h"

#include <gtest/gtest.h>

#include "core/proposal/proposer.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::TempFolder;

class MotFile : public testing::Test {
 protected:
  auto read(const std::string& text) { return read_mot_file(folder_.write("det.txt", text)); }

  void expect_refused(const std::string& text, const std::string& words) {
    const auto frames = read(text);
    ASSERT_FALSE(frames.ok()) << text;
    const std::string& message = frames.status().message();
    EXPECT_EQ(frames.status().code(), StatusCode::kCorrupt);
    EXPECT_EQ(message.find((folder_.path() / "det.txt").string() + ":"), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_LE(message.size(), 400U);
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }

  TempFolder folder_;
};

TEST_F(MotFile, AGoodFileIsReadFrameByFrame) {
  const auto frames = read(
      "1,-1,10,20,30,40,0.9,-1,-1,-1\n"
      "1,-1,1.5,-2.25,3e1,4,57.3\n"
      "\n"
      " 7 , 3 , 1 , 2 , 3 , 4 , -1.5 , x, anything\n");
  ASSERT_TRUE(frames.ok()) << frames.status().message();
  ASSERT_EQ(frames->size(), 2U);
  ASSERT_EQ(frames->at(1).size(), 2U);
  EXPECT_EQ(frames->at(1)[0].box, (Box{10, 20, 30, 40}));
  EXPECT_EQ(frames->at(1)[0].score, 0.9F);
  EXPECT_EQ(frames->at(1)[0].label, "person");
  EXPECT_EQ(frames->at(1)[1].box, (Box{1.5F, -2.25F, 30, 4}));
  EXPECT_EQ(frames->at(1)[1].score, 57.3F) << "scores are given as they are";
  EXPECT_EQ(frames->at(7)[0].score, -1.5F);
}

TEST_F(MotFile, LineEndsOfWindowsAndAMissingLastOneAreFine) {
  const auto frames = read("1,-1,1,2,3,4,0.5\r\n\r\n2,-1,1,2,3,4,0.5");
  ASSERT_TRUE(frames.ok()) << frames.status().message();
  EXPECT_EQ(frames->size(), 2U);
  EXPECT_TRUE(read("")->empty());
}

TEST_F(MotFile, ABadFieldIsNamedWithItsLine) {
  const char* fields[] = {"frame", "id", "left", "top", "width", "height", "score"};
  for (size_t field = 0; field < 7; ++field) {
    for (const char* bad : {"", "x", "nan", "inf", "-inf", "1e10", "1e999", "1 2", "0x10", "--1"}) {
      std::string line;
      for (size_t i = 0; i < 7; ++i)
        line += (i == 0 ? "" : ",") + std::string(i == field ? bad : "1");
      expect_refused("1,1,1,1,1,1,1\n" + line + "\n",
                     ":2: " + std::string(fields[field]) + " is '");
    }
  }
}

TEST_F(MotFile, ALineOfTheWrongFormIsNamed) {
  const struct {
    const char* line;
    const char* words;
  } cases[] = {
      {"1", ":1: has 1 fields, needs 7"},
      {"1,1,1,1,1,1", ":1: has 6 fields, needs 7"},
      {"0,1,1,1,1,1,1", ":1: frame"},
      {"-3,1,1,1,1,1,1", ":1: frame"},
      {"1.5,1,1,1,1,1,1", ":1: frame"},
      {"1,1,1,1,0,1,1", ":1: width and height"},
      {"1,1,1,1,1,-1,1", ":1: width and height"},
      {"frame,id,left,top,width,height,score", ":1: frame is 'frame'"},
      {"1;1;1;1;1;1;1", ":1: frame is '1;1"},
  };
  for (const auto& bad : cases) expect_refused(bad.line, bad.words);
}

TEST_F(MotFile, HostileTextIsShownShortAndInOneLine) {
  expect_refused(std::string(1 << 20, 'x'), ":1: frame is 'xxx");
  expect_refused(std::string("\x1b[31m\0,1", 8), ":1: frame is '");
  const std::string message = read(std::string("1,\x1b[31m\xFF,1")).status().message();
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_EQ(message.find('\xFF'), std::string::npos);
}

TEST_F(MotFile, WhatIsNoReadableFileIsNamed) {
  const struct {
    std::string path;
    StatusCode code;
  } cases[] = {{(folder_.path() / "missing.txt").string(), StatusCode::kNotFound},
               {folder_.path().string(), StatusCode::kCorrupt},
               {"/dev/zero", StatusCode::kCorrupt}};
  for (const auto& bad : cases) {
    const auto frames = read_mot_file(bad.path);
    EXPECT_EQ(frames.status().code(), bad.code) << bad.path;
    EXPECT_EQ(frames.status().message().find(bad.path), 0U);
  }
  const auto huge = folder_.write("huge.txt", "");
  std::filesystem::resize_file(huge, kMaxMotFileBytes + 1);  // sparse: it takes no room
  EXPECT_NE(read_mot_file(huge).status().message().find("larger than"), std::string::npos);
}

TEST_F(MotFile, TheProposerGivesTheBoxesOfTheFramesNumber) {
  const auto path =
      folder_.write("det.txt", "2,-1,1,2,3,4,0.5\n2,-1,5,6,7,8,0.5\n9,-1,1,2,3,4,1\n");
  Result<Proposer> proposer = mot_file_proposer(path);
  ASSERT_TRUE(proposer.ok());
  for (const auto& [number, count] : {std::pair{1, 0U}, {2, 2U}, {3, 0U}, {9, 1U}, {2, 2U}}) {
    const auto found = (*proposer)({.rgb = {}, .number = number});
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->size(), count) << number;
  }
  EXPECT_FALSE(mot_file_proposer((folder_.path() / "missing").string()).ok());
}

}  // namespace
}  // namespace deepstack
