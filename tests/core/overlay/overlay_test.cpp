// What is drawn, against golden pictures (golden/*.png, looked at) and by its rules.
//
// DEEPSTACK_WRITE_GOLDEN=FOLDER writes the pictures there instead, whole ones with _whole.
#include "core/overlay/overlay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "tests/support/drawable.h"

namespace deepstack {
namespace {

OverlayObject object(const Box& box, const char* uuid, int64_t track, float score) {
  OverlayObject made;
  made.box = box;
  made.label = "person";
  made.confidence = 0.87F;
  made.track_id = track;
  made.identity = uuid;
  made.score = score;
  made.age_ns = 120'000'000;
  return made;
}

// A scene in shares of the picture: people apart, people who overlap, at the edges, tentative, with
// a name, without an identity, and a box of another detector.
std::vector<OverlayObject> scene(int width, int height) {
  std::vector<OverlayObject> objects{
      object({0.05F, 0.30F, 0.10F, 0.45F}, "692a6000-b865-4038-840c-67f81b266b83", 17, 0.93F),
      object({0.24F, 0.35F, 0.11F, 0.50F}, "1c0ffee0-1111-4038-840c-67f81b266b83", 4, 0.71F),
      object({0.30F, 0.38F, 0.10F, 0.48F}, "8badf00d-2222-4038-840c-67f81b266b83", 123, 1.0F),
      object({0.45F, 0.01F, 0.08F, 0.30F}, "feedface-3333-4038-840c-67f81b266b83", 5, 0.55F),
      object({0.70F, 0.25F, 0.10F, 0.40F}, "0b501e7e-4444-4038-840c-67f81b266b83", 88, 0.62F),
      object({0.93F, 0.55F, 0.10F, 0.40F}, "cafe0000-5555-4038-840c-67f81b266b83", 9, 0.99F),
      object({0.55F, 0.55F, 0.09F, 0.35F}, "", 31, 0),
      object({0.82F, 0.10F, 0.10F, 0.10F}, "", 0, 0)};
  objects[2].name = "Anna";
  objects[4].tentative = true;
  objects[7].track_id.reset();
  objects[7].label = "car";
  objects[7].age_ns.reset();
  const auto across = static_cast<float>(width);
  const auto down = static_cast<float>(height);
  for (OverlayObject& one : objects) {
    one.box = {one.box.x * across, one.box.y * down, one.box.width * across, one.box.height * down};
  }
  return objects;
}

cv::Mat draw_rgb(int width, int height, std::vector<OverlayObject> objects,
                 const OverlayStyle& style = {}) {
  cv::Mat rgb = test::rgb_background(width, height);
  Canvas canvas = test::rgb_canvas(rgb);
  Overlay().draw(canvas, std::move(objects), style);
  return rgb;
}

cv::Mat draw_nv12(int width, int height, std::vector<OverlayObject> objects) {
  cv::Mat nv12 = test::to_nv12(test::rgb_background(width, height));
  Canvas canvas = test::nv12_canvas(nv12);
  Overlay().draw(canvas, std::move(objects), {});
  return test::to_rgb(nv12);
}

void write(const std::string& name, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  cv::imwrite(name + ".png", bgr, {cv::IMWRITE_PNG_COMPRESSION, 9});
}

// Kept: all of small pictures, of large ones the part where people overlap.
void compare(const std::string& name, const cv::Mat& whole, const cv::Rect& part) {
  const cv::Mat rgb = whole(part & cv::Rect({0, 0}, whole.size()));
  if (const char* folder = std::getenv("DEEPSTACK_WRITE_GOLDEN")) {
    write(std::string(folder) + "/" + name, rgb);
    write(std::string(folder) + "/" + name + "_whole", whole);
    return;
  }
  cv::Mat golden = cv::imread(DEEPSTACK_SOURCE_DIR "/tests/core/overlay/golden/" + name + ".png",
                              cv::IMREAD_COLOR);
  ASSERT_EQ(golden.size(), rgb.size()) << name;
  cv::cvtColor(golden, golden, cv::COLOR_BGR2RGB);
  cv::Mat difference;
  cv::absdiff(golden, rgb, difference);
  // A build of OpenCV may round a coverage or a colour otherwise; a pixel that is drawn or not
  // differs by more.
  EXPECT_LT(cv::mean(difference.reshape(1))[0], 0.1) << name;
  EXPECT_LT(cv::countNonZero(difference.reshape(1) > 24), rgb.size().area() * 3 / 2000) << name;
}

TEST(Overlay, LooksAsItDidWhenItWasLookedAt) {
  const cv::Rect all(0, 0, 1 << 14, 1 << 14);
  compare("rgb_320x240", draw_rgb(320, 240, scene(320, 240)), all);
  compare("nv12_320x240", draw_nv12(320, 240, scene(320, 240)), all);
  const cv::Rect middle(290, 140, 760, 500);
  compare("rgb_1280x720", draw_rgb(1280, 720, scene(1280, 720)), middle);
  compare("nv12_1280x720", draw_nv12(1280, 720, scene(1280, 720)), middle);
  const cv::Rect crowd(880, 620, 640, 360);
  compare("rgb_3840x2160", draw_rgb(3840, 2160, scene(3840, 2160)), crowd);
  compare("nv12_3840x2160", draw_nv12(3840, 2160, scene(3840, 2160)), crowd);
}

TEST(Overlay, DrawsNothingWhereThereIsNothing) {
  EXPECT_EQ(cv::norm(draw_rgb(320, 240, {}), test::rgb_background(320, 240)), 0);
  // Outside of the picture, without a size, or no number at all.
  std::vector<OverlayObject> objects(4);
  objects[0].box = {500, 500, 20, 20};
  objects[1].box = {50, 50, 0, 20};
  objects[2].box = {std::numeric_limits<float>::quiet_NaN(), 50, 20, 20};
  objects[3].box = {10, 10, std::numeric_limits<float>::infinity(), 20};
  EXPECT_EQ(cv::norm(draw_rgb(320, 240, objects), test::rgb_background(320, 240)), 0);
}

TEST(Overlay, LeavesTheInsideOfABoxAlone) {
  const cv::Mat drawn = draw_rgb(320, 240, {object({100, 100, 60, 100}, "a", 1, 1)},
                                 {.labels = OverlayLabels::kNone});
  const cv::Rect inside(106, 106, 48, 88);
  EXPECT_EQ(cv::norm(drawn(inside), test::rgb_background(320, 240)(inside)), 0);
  EXPECT_GT(cv::norm(drawn, test::rgb_background(320, 240)), 0);
}

TEST(Overlay, TentativeOnesAreLeftOutWhenAsked) {
  std::vector<OverlayObject> objects{object({100, 100, 60, 100}, "a", 1, 1)};
  objects[0].tentative = true;
  OverlayStyle style;
  style.show_tentative = false;
  EXPECT_EQ(cv::norm(draw_rgb(320, 240, objects, style), test::rgb_background(320, 240)), 0);
  EXPECT_GT(cv::norm(draw_rgb(320, 240, objects), test::rgb_background(320, 240)), 0);
}

TEST(Overlay, LineAndLettersFollowTheirSettings) {
  // Without labels, what is drawn grows with the line.
  const auto changed = [](const OverlayStyle& style) {
    cv::Mat difference;
    cv::absdiff(draw_rgb(320, 240, {object({100, 100, 60, 100}, "a", 1, 1)}, style),
                test::rgb_background(320, 240), difference);
    return cv::countNonZero(difference.reshape(1));
  };
  const int thin = changed({.labels = OverlayLabels::kNone, .line_width = 1});
  const int thick = changed({.labels = OverlayLabels::kNone, .line_width = 6});
  EXPECT_GT(thick, 2 * thin);
  EXPECT_GT(changed({.labels = OverlayLabels::kIdentity, .font_scale = 2}),
            changed({.labels = OverlayLabels::kIdentity}) + 500);
}

TEST(Overlay, AnOddSizeWithSubsampledColourIsDrawnToItsEdges) {
  // 33 x 25: the last chroma sample stands for one pixel across and one down.
  std::vector<uint8_t> bytes(33 * 25 + 2 * 17 * 13 + 64, 128);
  Canvas canvas;
  canvas.model = Canvas::Model::kYuv;
  canvas.width = 33;
  canvas.height = 25;
  canvas.components[0] = {bytes.data(), 33, 1, 0, 0};
  canvas.components[1] = {bytes.data() + 33 * 25, 17, 1, 1, 1};
  canvas.components[2] = {bytes.data() + 33 * 25 + 17 * 13, 17, 1, 1, 1};
  Overlay().draw(canvas, {object({0, 0, 33, 25}, "a", 1, 1)}, {});
  for (size_t i = bytes.size() - 64; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], 128);
  EXPECT_NE(bytes[33 * 25 - 1], 128) << "the corner is part of the box";
}

TEST(Overlay, ThousandsOfObjectsAreDrawnInBoundedTime) {
  std::vector<OverlayObject> objects(20'000, object({100, 100, 60, 100}, "a", 1, 1));
  const auto begin = std::chrono::steady_clock::now();
  draw_rgb(1280, 720, std::move(objects));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace deepstack
