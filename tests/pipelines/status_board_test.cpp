#include "pipelines/watch/status_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/manual_clock.h"

namespace deepstack::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Style = StatusBoard::Style;

struct Shown {
  explicit Shown(Style style)
      : board(style, clock, [this](std::string_view text) { writes.emplace_back(text); }) {}

  std::vector<std::string> show(const std::vector<CameraStatus>& cameras,
                                StatusBoard::Size size = {200, 24}) {
    writes.clear();
    board.show(cameras, size);
    return writes;
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(0);
  std::vector<std::string> writes;
  StatusBoard board;
};

CameraStatus camera(WatchState state, std::string reason = "") {
  return {.name = "door", .state = state, .reason = std::move(reason)};
}

TEST(StatusBoard, TellsChangesOfStateOnALineEach) {
  Shown shown(Style::kLines);
  EXPECT_THAT(shown.show({camera(WatchState::kConnecting)}), ElementsAre());
  EXPECT_THAT(shown.show({camera(WatchState::kLive)}), ElementsAre("deepstack: door: live\n"));
  EXPECT_THAT(shown.show({camera(WatchState::kLive)}), ElementsAre());
  EXPECT_THAT(shown.show({camera(WatchState::kStalled, "no frame for 2.0 s")}),
              ElementsAre("deepstack: door: stalled: no frame for 2.0 s\n"));
  EXPECT_THAT(shown.show({camera(WatchState::kConnecting)}), ElementsAre()) << "a try is no news";
  CameraStatus back = camera(WatchState::kLive);
  back.reconnects = 3;
  back.away_s = 4.25;
  EXPECT_THAT(shown.show({back}),
              ElementsAre("deepstack: door: live, away for 4.2 s, reconnect 3\n"));
}

TEST(StatusBoard, TellsAtMostThreeChangesAMinuteOfACameraAndItsLastStateInTheEnd) {
  Shown shown(Style::kLines);
  int told = 0;
  for (int i = 0; i < 20; ++i) {
    shown.clock->move_on(2);
    told += static_cast<int>(shown.show({camera(WatchState::kLive)}).size());
    told += static_cast<int>(shown.show({camera(WatchState::kBackoff, "refused")}).size());
  }
  EXPECT_EQ(told, 3);
  shown.clock->move_on(25);
  // live, backoff, live were told; 37 came since, and the last of them is what is told.
  EXPECT_THAT(shown.show({camera(WatchState::kBackoff, "refused")}),
              ElementsAre("deepstack: door: backoff: refused (36 changes not shown)\n"));
  EXPECT_THAT(shown.show({camera(WatchState::kBackoff, "refused")}), ElementsAre());
}

TEST(StatusBoard, LetsOneCameraNotSilenceAnother) {
  Shown shown(Style::kLines);
  for (int i = 0; i < 5; ++i) {
    shown.show({camera(WatchState::kLive)});
    shown.show({camera(WatchState::kBackoff)});
  }
  CameraStatus yard = camera(WatchState::kFailed, "no such file");
  yard.name = "yard";
  EXPECT_THAT(shown.show({yard}), ElementsAre("deepstack: yard: failed: no such file\n"));
}

TEST(StatusBoard, SaysRemarksThreeAMinute) {
  Shown shown(Style::kLines);
  for (int i = 0; i < 10; ++i) shown.board.say("door", "a picture is broken");
  EXPECT_EQ(shown.writes.size(), 3U);
  shown.clock->move_on(60);
  shown.board.say("door", "a picture is broken");
  EXPECT_EQ(shown.writes.back(), "deepstack: door: a picture is broken (7 remarks not shown)\n");
}

TEST(StatusBoard, RewritesALineACameraOnATerminal) {
  Shown shown(Style::kBoard);
  CameraStatus door = camera(WatchState::kLive);
  CameraStatus yard = camera(WatchState::kBackoff, "refused");
  yard.name = "yard";
  const auto first = shown.show({door, yard});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_THAT(first[0], StartsWith("door "));
  EXPECT_THAT(first[0], HasSubstr("\x1b[K\nyard "));
  EXPECT_THAT(first[0], HasSubstr("refused"));
  EXPECT_THAT(shown.show({door, yard}), ElementsAre()) << "nothing is new";

  shown.clock->move_on(2);
  door.frames = 50;
  door.analysed = 10;
  const auto second = shown.show({door, yard});
  ASSERT_EQ(second.size(), 1U);
  EXPECT_THAT(second[0], StartsWith("\x1b[2A\r\x1b[Jdoor "));
  EXPECT_THAT(second[0], HasSubstr(" 25.0 fps    5.0 analysed/s"));
}

TEST(StatusBoard, FitsTheTerminal) {
  Shown shown(Style::kBoard);
  std::vector<CameraStatus> cameras;
  for (int i = 0; i < 30; ++i) {
    cameras.push_back(camera(WatchState::kLive));
    cameras.back().name = "camera-" + std::to_string(i);
  }
  const std::string text = shown.show(cameras, {40, 10}).at(0);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 9);
  EXPECT_THAT(text, HasSubstr("... and 22 more"));
  size_t begin = 0;
  for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 39U + std::string("\x1b[K").size());
  }
}

TEST(StatusBoard, PutsRemarksAboveTheBoard) {
  Shown shown(Style::kBoard);
  shown.show({camera(WatchState::kLive)});
  const std::string drawn = shown.writes.back();
  shown.board.say("door", "a picture is broken");
  EXPECT_EQ(shown.writes.back(), "\x1b[1A\r\x1b[Jdeepstack: door: a picture is broken\n" + drawn);
}

TEST(WatchStates, HaveTheWordsOfTheCamerasMessages) {
  for (const char* word : {"connecting", "live", "stalled", "backoff", "auth-failed"}) {
    ASSERT_TRUE(state_of(word)) << word;
    EXPECT_STREQ(state_name(*state_of(word)), word);
  }
  EXPECT_EQ(state_of("sleeping"), std::nullopt);
}

}  // namespace
}  // namespace deepstack::test
