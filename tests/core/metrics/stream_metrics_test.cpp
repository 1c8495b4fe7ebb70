// The metrics of streams: named with a unit, labelled by camera, never by identity.
#include "core/metrics/stream_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

namespace deepstack {
namespace {

using testing::HasSubstr;

std::string page_of(const StreamStats& stats) {
  MetricsPage page;
  ModelInfo model;
  model.name = "vit-tiny 1";
  model.sha256 = "ab";
  write_stream(page, "door", stats, model);
  write_build(page, "0.1.0");
  return page.text();
}

TEST(StreamMetrics, SayWhatTheStreamCounted) {
  StreamStats stats;
  stats.frames_in = 30;
  stats.frames_dropped = 2;
  stats.events_queued = 5;
  stats.gallery.identities = 9;
  stats.last_frame_age_ns = 1'500'000'000;
  stats.infer.observe(0.02);
  const std::string text = page_of(stats);
  for (const char* line :
       {"deepstack_frames_in_total{camera=\"door\"} 30\n",
        "deepstack_frames_dropped_total{camera=\"door\"} 2\n",
        "deepstack_events_queued{camera=\"door\"} 5\n",
        "deepstack_gallery_identities{camera=\"door\"} 9\n",
        "deepstack_last_frame_age_seconds{camera=\"door\"} 1.5\n",
        "deepstack_infer_seconds_count{camera=\"door\"} 1\n",
        "deepstack_match_seconds_count{camera=\"door\"} 0\n",
        "model=\"vit-tiny 1\",sha256=\"ab\",precision=\"fp32\",fusion=\"trained\"} 1\n",
        "deepstack_build_info{version=\"0.1.0\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(StreamMetrics, ACameraWithoutAFrameHasNoAge) {
  EXPECT_THAT(page_of({}), testing::Not(HasSubstr("last_frame_age")));
}

TEST(StreamMetrics, NamesHaveThePrefixAndCountersEndAsSuch) {
  std::istringstream lines(page_of({}));
  std::string line;
  const std::regex type("# TYPE (deepstack_[a-z_]+) (counter|gauge|histogram)");
  int families = 0;
  while (std::getline(lines, line)) {
    if (!line.starts_with("# TYPE")) continue;
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, type)) << line;
    EXPECT_EQ(found[1].str().ends_with("_total"), found[2] == "counter") << line;
    ++families;
  }
  EXPECT_GT(families, 15);
}

}  // namespace
}  // namespace deepstack
