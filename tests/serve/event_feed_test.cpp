#include "pipelines/serve/event_feed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

using namespace std::chrono_literals;

class EventFeedTest : public testing::Test {
 protected:
  std::unique_ptr<EventFeed> follow() {
    auto feed = EventFeed::follow(file_);
    EXPECT_TRUE(feed.ok()) << feed.status().message();
    return feed.ok() ? *std::move(feed) : nullptr;
  }
  void append(const std::string& text) const { std::ofstream(file_, std::ios::app) << text; }
  static std::string next(EventFeed& feed, uint64_t after) {
    const auto line = feed.next(after, 10s);
    return line ? line->text : "nothing";
  }

  TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "events.jsonl";
};

TEST_F(EventFeedTest, GivesWhatIsThereAndWhatComes) {
  append("{\"a\":1}\n{\"a\":2}\n");
  const auto feed = follow();
  EXPECT_EQ(next(*feed, 0), "{\"a\":1}");
  EXPECT_EQ(next(*feed, 1), "{\"a\":2}");
  append("{\"a\":3}\n");
  EXPECT_EQ(next(*feed, 2), "{\"a\":3}");
}

TEST_F(EventFeedTest, WaitsForTheEndOfALine) {
  const auto feed = follow();
  append("{\"a\":");
  append("1}\n");
  EXPECT_EQ(next(*feed, 0), "{\"a\":1}");
}

TEST_F(EventFeedTest, FollowsAFileThatIsReplacedOrCutOff) {
  append("{\"a\":1}\n");
  const auto feed = follow();
  std::filesystem::rename(file_, folder_.path() / "events.1");
  append("{\"a\":2,\"longer\":true}\n");
  EXPECT_EQ(next(*feed, 1), "{\"a\":2,\"longer\":true}");
  std::ofstream(file_, std::ios::trunc).close();
  append("{\"a\":3}\n");
  EXPECT_EQ(next(*feed, 2), "{\"a\":3}");
}

TEST_F(EventFeedTest, DropsWhatIsNoEvent) {
  append("no JSON\n[1]\n\n{\"a\":\"" + std::string(EventFeed::kLongestLine, 'x') +
         "\"}\n{\"a\":1}\n");
  const auto feed = follow();
  // What does not fit into the last bytes that are read at the start is not looked at.
  EXPECT_EQ(next(*feed, 0), "{\"a\":1}");
  append("no JSON\n[1]\n{\"a\":\"" + std::string(EventFeed::kLongestLine, 'x') +
         "\"}\n{\"a\":2}\n");
  EXPECT_EQ(next(*feed, 1), "{\"a\":2}");
  EXPECT_EQ(feed->dropped_lines(), 3U);
}

TEST_F(EventFeedTest, SaysHowManyASlowReaderMissed) {
  const auto feed = follow();
  for (size_t i = 0; i < EventFeed::kMostLines + 10; ++i)
    append("{\"a\":" + std::to_string(i) + "}\n");
  while (feed->last_number() < EventFeed::kMostLines + 10) {
    ASSERT_TRUE(feed->next(feed->last_number(), 10s));
  }
  const auto line = feed->next(0, 10s);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->missed, 10U);
  EXPECT_EQ(line->text, "{\"a\":10}");
}

TEST_F(EventFeedTest, StopLetsNobodyWait) {
  const auto feed = follow();
  std::thread stopping([&] { feed->stop(); });
  EXPECT_FALSE(feed->next(0, 10min));
  stopping.join();
}

TEST_F(EventFeedTest, NeedsTheFolder) {
  EXPECT_EQ(EventFeed::follow(folder_.path() / "none" / "x").status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack::test
