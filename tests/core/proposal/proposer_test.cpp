#include "core/proposal/proposer.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

const std::vector<Detection> kBoxes{{.box = {1, 2, 3, 4}, .score = 0.7F, .label = "car"}};
const std::vector<Detection> kNone;

Proposer proposer_of(ProposalSource source) {
  Settings settings;
  settings.proposals = source;
  Result<Proposer> proposer = make_proposer(settings);
  EXPECT_TRUE(proposer.ok()) << proposer.status().message();
  return *std::move(proposer);
}

// How many boxes come of a scene with something moving in it, and these boxes from upstream.
size_t count(const Proposer& proposer, int frame, const std::vector<Detection>* upstream) {
  cv::Mat picture(270, 480, CV_8UC3, cv::Scalar(40, 40, 40));
  if (frame >= 5) picture(cv::Rect(6 * frame, 80, 40, 100)).setTo(cv::Scalar(200, 200, 200));
  const auto found = proposer(
      {.rgb = picture, .number = frame + 1, .seconds = frame / 25.0, .upstream = upstream});
  EXPECT_TRUE(found.ok());
  return found->size();
}

TEST(Proposer, UpstreamGivesTheFramesOwnBoxes) {
  const Proposer proposer = proposer_of(ProposalSource::kUpstream);
  EXPECT_EQ(count(proposer, 0, nullptr), 0U);
  EXPECT_EQ(count(proposer, 1, &kNone), 0U);
  EXPECT_EQ(count(proposer, 2, &kBoxes), 1U);
  EXPECT_EQ((*proposer({.rgb = {}, .upstream = &kBoxes}))[0].label, "car");
}

TEST(Proposer, AutoIsMotionUntilUpstreamHasLooked) {
  const Proposer proposer = proposer_of(ProposalSource::kAuto);
  for (int frame = 0; frame < 20; ++frame) count(proposer, frame, nullptr);
  EXPECT_EQ(count(proposer, 20, nullptr), 1U) << "what moves";
  EXPECT_EQ(count(proposer, 21, &kBoxes), 1U);
  EXPECT_EQ(count(proposer, 22, &kNone), 0U) << "upstream looked and saw nothing";
  EXPECT_EQ(count(proposer, 23, nullptr), 0U) << "upstream did not look at this frame";
}

TEST(Proposer, MotionIgnoresUpstream) {
  const Proposer proposer = proposer_of(ProposalSource::kMotion);
  EXPECT_EQ(count(proposer, 0, &kBoxes), 0U);
}

TEST(Proposer, TwoProposersShareNothing) {
  const Proposer first = proposer_of(ProposalSource::kAuto);
  const Proposer second = proposer_of(ProposalSource::kAuto);
  count(first, 0, &kBoxes);
  for (int frame = 0; frame < 20; ++frame) count(second, frame, nullptr);
  EXPECT_EQ(count(second, 20, nullptr), 1U);
}

TEST(Proposer, AFileThatIsMissingIsAnError) {
  Settings settings;
  settings.proposals = ProposalSource::kFile;
  settings.proposals_file = "/missing/det.txt";
  const Status status = make_proposer(settings).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/missing/det.txt"), std::string::npos);
}

}  // namespace
}  // namespace deepstack
