#include "core/metrics/publish_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/publish/publication.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PublishMetrics, SayWhereTheLinesAre) {
  MetricsPage page;
  PublishStats stats;
  stats.state = PublishState::kOk;
  stats.received = 10;
  stats.published = 6;
  stats.dropped = 1;
  stats.spooled = 3;
  stats.spooled_bytes = 300;
  write_publication(page, "mqtt://broker", stats);
  for (const char* line : {"deepstack_sink_received_total{sink=\"mqtt://broker\"} 10",
                           "deepstack_sink_published_total{sink=\"mqtt://broker\"} 6",
                           "deepstack_sink_dropped_total{sink=\"mqtt://broker\"} 1",
                           "deepstack_sink_spooled{sink=\"mqtt://broker\"} 3",
                           "deepstack_sink_spooled_bytes{sink=\"mqtt://broker\"} 300",
                           "deepstack_sink_up{sink=\"mqtt://broker\"} 1"}) {
    EXPECT_THAT(page.text(), HasSubstr(line));
  }
}

TEST(PublishMetrics, AreThereAsLongAsThePublicationRuns) {
  const test::TempFolder folder;
  PublishSettings settings;
  settings.uri = "file://" + (folder.path() / "events.jsonl").string();
  auto publication = Publication::open(settings, [](const auto&, const auto&) {});
  ASSERT_TRUE(publication.ok()) << publication.status().message();
  const auto collected = [] {
    MetricsPage page;
    MetricsRegistry::process().collect(page);
    return page.text();
  };
  EXPECT_THAT(collected(), Not(HasSubstr("events.jsonl")));
  (*publication)->start();
  (*publication)->put(R"({"event":"new"})");
  EXPECT_EQ((*publication)->drain(std::chrono::seconds(10)), 0U);
  EXPECT_THAT(collected(), HasSubstr("events.jsonl\"} 1"));
  (*publication)->stop();
  EXPECT_THAT(collected(), Not(HasSubstr("events.jsonl")));
}

}  // namespace
}  // namespace deepstack
