// Which views are kept of a track.
#include "pipelines/index/view_picker.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;

class ViewPickerTest : public testing::Test {
 protected:
  ViewPicker::Options options() const {
    return {.shape = test::scripted_shape(), .start_s = 1000, .crops = false};
  }

  // A frame at this time in which the track is seen this well.
  static void see(ViewPicker& picker, int64_t pts_ns, float quality, ArchiveStep& step,
                  bool confirmed = true, int64_t track = 1) {
    ObservedObject object;
    object.track_id = track;
    object.confirmed = confirmed;
    object.detection.label = "person";
    object.detection.box = {10, 10, 20, 40};
    std::vector<std::optional<Appearance>> views{
        test::appearance_of(7, static_cast<double>(pts_ns) / kSecond_ns)};
    views[0]->quality = quality;
    picker.add(pts_ns, cv::Mat::zeros(60, 60, CV_8UC3), {&object, 1}, views, step);
  }

  // Ten frames a second; the quality rises and falls.
  static void see_for(ViewPicker& picker, int first, int last, ArchiveStep& step) {
    for (int i = first; i < last; ++i) {
      see(picker, i * kSecond_ns / 10, 0.3F + 0.01F * static_cast<float>(i * 7 % 60), step);
    }
  }
};

TEST_F(ViewPickerTest, AboutOneASecondIsKeptAndEightAreKeyViews) {
  ViewPicker picker(options());
  ArchiveStep step;
  see_for(picker, 0, 600, step);
  picker.end_all(step);
  EXPECT_GE(step.observations.size(), 64U);
  EXPECT_LE(step.observations.size(), 68U);
  EXPECT_EQ(step.observations.size() - step.demoted.size(), ViewPicker::kKeyViews);
  EXPECT_EQ(step.tracks.back().last_pts_ns, 599 * kSecond_ns / 10);
  EXPECT_EQ(step.tracks.back().last_seen_s, 1059.9);
}

TEST_F(ViewPickerTest, TheBestOfAMomentIsKept) {
  ViewPicker picker(options());
  ArchiveStep step;
  see(picker, 0, 0.3F, step);
  see(picker, kSecond_ns / 10, 0.9F, step);
  see(picker, kSecond_ns / 5, 0.5F, step);
  picker.end_all(step);
  ASSERT_EQ(step.observations.size(), 1U);
  EXPECT_FLOAT_EQ(step.observations[0].quality, 0.9F);
  EXPECT_EQ(step.observations[0].levels.size(), 3U * 32U);
}

TEST_F(ViewPickerTest, NothingIsKeptOfATrackThatIsNeverConfirmed) {
  ViewPicker picker(options());
  ArchiveStep step;
  see(picker, 0, 0.9F, step, false);
  picker.age(10 * kSecond_ns, step);
  picker.end_all(step);
  EXPECT_TRUE(step.observations.empty());
  EXPECT_TRUE(step.tracks.empty());
}

TEST_F(ViewPickerTest, SavedAndRestoredItGoesOnAsIfNothingHadBeen) {
  ArchiveStep whole, parts;
  ViewPicker once(options());
  see_for(once, 0, 300, whole);
  once.end_all(whole);

  std::string state;
  for (int first = 0; first < 300; first += 37) {
    ViewPicker picker(options());
    ByteReader from(state);
    if (!state.empty()) {
      ASSERT_TRUE(picker.restore(from) && from.done());
    }
    see_for(picker, first, std::min(300, first + 37), parts);
    if (first + 37 >= 300) picker.end_all(parts);
    ByteWriter to;
    picker.save(to);
    state = to.take();
  }
  ASSERT_EQ(parts.observations.size(), whole.observations.size());
  for (size_t i = 0; i < whole.observations.size(); ++i) {
    EXPECT_EQ(parts.observations[i].pts_ns, whole.observations[i].pts_ns);
    EXPECT_EQ(parts.observations[i].tokens, whole.observations[i].tokens);
  }
  EXPECT_EQ(parts.demoted, whole.demoted);
}

}  // namespace
}  // namespace deepstack
