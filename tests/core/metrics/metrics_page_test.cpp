// A page of metrics as Prometheus reads it.
#include "core/metrics/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepstack {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsPage, WritesEachFamilyOnceWithItsSamples) {
  MetricsPage page;
  page.counter("deepstack_frames_in_total", "Frames.", {{"camera", "door"}}, 7);
  page.gauge("deepstack_tracks", "Tracks.", {}, 2);
  page.counter("deepstack_frames_in_total", "Frames.", {{"camera", "yard"}}, 1);
  EXPECT_EQ(page.text(),
            "# HELP deepstack_frames_in_total Frames.\n"
            "# TYPE deepstack_frames_in_total counter\n"
            "deepstack_frames_in_total{camera=\"door\"} 7\n"
            "deepstack_frames_in_total{camera=\"yard\"} 1\n"
            "# HELP deepstack_tracks Tracks.\n"
            "# TYPE deepstack_tracks gauge\n"
            "deepstack_tracks 2\n");
}

TEST(MetricsPage, HistogramsAreCumulativeAndEndWithAll) {
  DurationHistogram durations;
  for (const double seconds : {0.0005, 0.001, 0.3, 9.0}) durations.observe(seconds);
  MetricsPage page;
  page.histogram("deepstack_infer_seconds", "Time.", {{"camera", "a"}}, durations);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("deepstack_infer_seconds_count{camera=\"a\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("deepstack_infer_seconds_sum{camera=\"a\"} 9.3015"));
  EXPECT_THAT(text, HasSubstr("le=\"0.001\"} 2\n")) << "a bound is part of its bucket";
  EXPECT_THAT(text, HasSubstr("le=\"0.5\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("le=\"5\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 4\n"));
}

TEST(MetricsPage, ASampleThatIsThereAlreadyIsLeftOut) {
  MetricsPage page;
  page.gauge("deepstack_tracks", "Tracks.", {{"camera", "a"}}, 1);
  page.gauge("deepstack_tracks", "Tracks.", {{"camera", "a"}}, 2);
  EXPECT_THAT(page.text(), Not(HasSubstr("} 2")));
}

TEST(MetricsPage, LabelsOfStrangersAreEscaped) {
  MetricsPage page;
  page.gauge("deepstack_tracks", "Tracks.", {{"camera", "a\"b\\c\nd"}}, 1);
  EXPECT_THAT(page.text(), HasSubstr("{camera=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

}  // namespace
}  // namespace deepstack
