#include "pipelines/search/search_answers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

#include "pipelines/media/picture_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

class SearchAnswers : public testing::Test {
 protected:
  // Ten frames a second; frame i is of the grey 20 i.
  void SetUp() override {
    cv::VideoWriter writer(video(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10, {64, 48});
    ASSERT_TRUE(writer.isOpened());
    for (int i = 0; i < 10; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(20 * i)));
  }

  std::string video() const { return (folder_.path() / "video.avi").string(); }

  static ArchiveAnswer answer() {
    ArchiveAnswer answer;
    answer.sighting.observation.id = 77;
    answer.sighting.observation.seconds = 1'700'000'000.5;
    answer.sighting.observation.pts_ns = 500'000'000;
    answer.sighting.observation.box = {10, 8, 20, 30};
    answer.sighting.video = 3;
    answer.sighting.track_number = 5;
    answer.sighting.identity = 2;
    answer.sighting.label = "person";
    answer.sighting.camera = "door";
    answer.score = 0.91236F;
    answer.margin = 0.5F;
    answer.levels = {0.1F, 0.2F, 0.3F};
    answer.x = 15;
    answer.y = 20;
    return answer;
  }

  VideosById videos(const std::string& path) const {
    ArchiveVideo known;
    known.id = 3;
    known.path = path;
    return {{3, known}};
  }

  test::TempFolder folder_;
};

TEST_F(SearchAnswers, TheJsonSaysWhoWhenAndWhere) {
  People nobody;
  const nlohmann::ordered_json all =
      to_json({answer()}, videos("/videos/a.mp4"), nobody, {{0, "out/001-77.jpg"}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].dump(),
            R"({"score":0.9124,"margin":0.5,"identity":null,"label":"person","camera":"door",)"
            R"("time":"2023-11-14T22:13:20.500000Z","video":"/videos/a.mp4","video_time_s":0.5,)"
            R"("track":5,"box":[10.0,8.0,20.0,30.0],"point":[15.0,20.0],"levels":[0.1,0.2,0.3],)"
            R"("thumbnail":"out/001-77.jpg"})");
}

TEST_F(SearchAnswers, AThumbnailIsOfTheFrameAndTheBox) {
  const auto made = cut_thumbnails({answer()}, videos(video()), folder_.path() / "out");
  ASSERT_TRUE(made.ok()) << made.status().message();
  ASSERT_EQ(made->at(0), (folder_.path() / "out" / "001-77.jpg").string());
  const cv::Mat picture = cv::imread(made->at(0));
  EXPECT_EQ(picture.size(), cv::Size(24, 36));
  EXPECT_NEAR(cv::mean(picture)[0], 100, 6);
}

TEST_F(SearchAnswers, WhatCannotBeCutIsLeftOut) {
  std::ofstream(folder_.path() / "text.avi") << "no video";
  ArchiveAnswer outside = answer();
  outside.sighting.observation.box = {500, 500, 20, 20};
  ArchiveAnswer late = answer();
  late.sighting.observation.pts_ns = 60'000'000'000;
  for (const auto& [shown, path] : {std::pair(answer(), std::string("/nowhere/gone.mp4")),
                                    std::pair(answer(), (folder_.path() / "text.avi").string()),
                                    std::pair(outside, video()), std::pair(late, video())}) {
    const auto made = cut_thumbnails({shown}, videos(path), folder_.path() / "out");
    ASSERT_TRUE(made.ok()) << made.status().message();
    EXPECT_TRUE(made->empty()) << path;
  }
}

TEST_F(SearchAnswers, NamesOfStrangersAreInNoFileName) {
  ArchiveAnswer hostile = answer();
  hostile.sighting.label = hostile.sighting.camera = "../../etc";
  const auto made = cut_thumbnails({hostile}, videos(video()), folder_.path() / "out");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->at(0), (folder_.path() / "out" / "001-77.jpg").string());
}

TEST_F(SearchAnswers, AFolderThatIsAFileIsOneClearError) {
  std::ofstream(folder_.path() / "file") << "x";
  const auto made = cut_thumbnails({answer()}, videos(video()), folder_.path() / "file");
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("cannot hold thumbnails"), std::string::npos)
      << made.status().message();
}

TEST_F(SearchAnswers, PicturesThatAreNoneSaySo) {
  std::ofstream(folder_.path() / "text.png") << "no picture";
  std::ofstream(folder_.path() / "empty.png");
  for (const char* name : {"text.png", "empty.png"}) {
    const auto read = read_picture(folder_.path() / name);
    EXPECT_EQ(read.status().message(),
              (folder_.path() / name).string() + ": is no picture that can be decoded");
  }
  EXPECT_EQ(read_picture(folder_.path() / "gone.png").status().code(), StatusCode::kNotFound);
}

TEST_F(SearchAnswers, AFrameIsTheOneThatIsShownThen) {
  for (const int frame : {0, 4, 9}) {
    const auto read = read_frame_at(video(), frame * 100'000'000LL);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_NEAR(cv::mean(*read)[0], 20 * frame, 6);
  }
  EXPECT_EQ(read_frame_at(video(), 1'000'000'000).status().message(),
            video() + ": has no frame at 1.000 s, it lasts 1.000 s");
}

}  // namespace
}  // namespace deepstack
