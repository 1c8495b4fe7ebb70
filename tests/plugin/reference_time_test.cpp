#include "gst-plugin/reference_time.h"

#include <gtest/gtest.h>

#include "core/time/media_time.h"
#include "gst-plugin/gst_ref.h"
#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

using gst::reference_time;

constexpr GstClockTime kNtpNoon = (1'800'000'000 + 2'208'988'800) * GST_SECOND;

void add_reference(GstBuffer* buffer, const char* kind, GstClockTime time) {
  const GstRef<GstCaps> caps(gst_caps_from_string(kind));
  gst_buffer_add_reference_timestamp_meta(buffer, caps.get(), time, GST_CLOCK_TIME_NONE);
}

TEST(ReferenceTime, IsWhatTheSenderWrote) {
  struct {
    const char* kind;
    GstClockTime time;
    UtcReference expected;
  } const cases[] = {
      {"timestamp/x-ntp", kNtpNoon, {UtcSource::kNtp, 1'800'000'000'000'000'000}},
      {"timestamp/x-ntp, host=(string)a", kNtpNoon, {UtcSource::kNtp, 1'800'000'000'000'000'000}},
      {"timestamp/x-unix", 5, {UtcSource::kUnix, 5}},
      {"timestamp/x-ptp, version=(string)IEEE1588-2008",
       40 * GST_SECOND,
       {UtcSource::kPtp, 3 * kNanosPerSecond}},
  };
  for (const auto& known : cases) {
    const GstRef<GstBuffer> buffer(gst_buffer_new());
    add_reference(buffer.get(), known.kind, known.time);
    EXPECT_EQ(reference_time(buffer.get()), known.expected) << known.kind;
  }
}

TEST(ReferenceTime, WhatIsNoTimeOfDayIsNone) {
  const GstRef<GstBuffer> buffer(gst_buffer_new());
  EXPECT_FALSE(reference_time(buffer.get()));
  for (const char* kind : {"timestamp/x-drivenci", "timestamp/x-raspivid", "ANY", "EMPTY"}) {
    add_reference(buffer.get(), kind, kNtpNoon);
  }
  add_reference(buffer.get(), "timestamp/x-ntp", 1);
  EXPECT_FALSE(reference_time(buffer.get()));
}

TEST(ReferenceTime, OfSeveralTheBestIsTaken) {
  const GstRef<GstBuffer> buffer(gst_buffer_new());
  add_reference(buffer.get(), "timestamp/x-ptp", kNtpNoon);
  add_reference(buffer.get(), "timestamp/x-ntp", 1);  // of a clock that nobody set
  EXPECT_EQ(reference_time(buffer.get())->source, UtcSource::kPtp);
  add_reference(buffer.get(), "timestamp/x-unix", 7);
  EXPECT_EQ(reference_time(buffer.get())->source, UtcSource::kUnix);
  add_reference(buffer.get(), "timestamp/x-ntp", kNtpNoon);
  EXPECT_EQ(reference_time(buffer.get())->source, UtcSource::kNtp);
}

TEST(ReferenceTime, HowLongAgoIsByThePipelinesClock) {
  const Owned<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  EXPECT_FALSE(gst::time_since(element.get(), 0)) << "no clock";
  GstHarness* clock_owner = gst_harness_new("identity");
  gst_harness_use_testclock(clock_owner);
  gst_harness_set_time(clock_owner, 10 * GST_SECOND);
  GstTestClock* clock = gst_harness_get_testclock(clock_owner);
  gst_element_set_clock(element.get(), GST_CLOCK(clock));
  gst_element_set_base_time(element.get(), 4 * GST_SECOND);
  EXPECT_EQ(gst::time_since(element.get(), kNanosPerSecond), 5 * kNanosPerSecond);
  EXPECT_EQ(gst::time_since(element.get(), 7 * kNanosPerSecond), -kNanosPerSecond);
  gst_element_set_base_time(element.get(), 11 * GST_SECOND);
  EXPECT_FALSE(gst::time_since(element.get(), 0)) << "it has not begun";
  gst_element_set_clock(element.get(), nullptr);
  gst_object_unref(clock);
  gst_harness_teardown(clock_owner);
}

}  // namespace
}  // namespace deepstack::test
