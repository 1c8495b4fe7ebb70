#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

TEST(HogProposals, AnEmptySceneHasNoPeople) {
  const Proposer proposer = hog_proposer();
  const auto found = proposer({.rgb = cv::Mat(240, 320, CV_8UC3, cv::Scalar(90, 90, 90))});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST(HogProposals, FramesOfAnyShapeAreNoCrash) {
  const Proposer proposer = hog_proposer();
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(39, 80), cv::Size(40, 79), cv::Size(40, 80), cv::Size(41, 81),
        cv::Size(1, 4000), cv::Size(4000, 1), cv::Size(16384, 2)}) {
    cv::Mat picture(size, CV_8UC3);
    cv::randu(picture, 0, 256);
    const auto found = proposer({.rgb = picture});
    ASSERT_TRUE(found.ok()) << size;
    for (const Detection& detection : *found) {
      EXPECT_EQ(detection.label, "person");
      EXPECT_GE(detection.score, 0);
      EXPECT_LE(detection.score, 1);
    }
  }
}

}  // namespace
}  // namespace deepstack
