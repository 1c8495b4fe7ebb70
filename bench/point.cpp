// How often is the pixel that PointFinder answers inside the true box? Crops of people from other
// frames of the same video, seconds and minutes away, as they are, blurred and relit; every level
// alone against all of them. `point VIDEO GROUND_TRUTH [QUERIES [FPS]]`: MOTChallenge text in which
// an id is a person; FPS when the video says a wrong one.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "core/frame/box.h"
#include "core/model/point_finder.h"

namespace {

using deepstack::Box;
using Boxes = std::map<int, std::map<int, Box>>;  // by frame and person

struct Query {
  int from, person, in;
};

using Change = void (*)(cv::Mat&);

void keep(cv::Mat&) {}
void blur(cv::Mat& crop) { cv::GaussianBlur(crop, crop, {}, 2.5); }
void dusk(cv::Mat& crop) {
  cv::Mat table(1, 256, CV_8U);
  for (int i = 0; i < 256; ++i) {
    table.at<uchar>(i) = cv::saturate_cast<uchar>(255 * std::pow(i / 255.0, 2.5));
  }
  cv::LUT(crop, table, crop);
}
void warm(cv::Mat& crop) { cv::multiply(crop, cv::Scalar(1.3, 0.95, 0.6), crop); }

std::vector<cv::Mat> read_frames(const char* path) {
  std::vector<cv::Mat> frames;
  cv::VideoCapture video(path, cv::CAP_FFMPEG);
  for (cv::Mat bgr; video.read(bgr);) {
    cv::cvtColor(bgr, frames.emplace_back(), cv::COLOR_BGR2RGB);
  }
  return frames;
}

Boxes read_boxes(const char* path) {
  Boxes boxes;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream row(line);
    int frame = 0, person = 0;
    Box box;
    float counts = 0;
    if (row >> frame >> person >> box.x >> box.y >> box.width >> box.height >> counts &&
        counts == 1) {
      boxes[frame][person] = box;
    }
  }
  return boxes;
}

// In the picture, and hardly anybody before it.
bool is_clear(const Boxes& boxes, int frame, int person, cv::Size size) {
  const auto found = boxes.find(frame);
  if (found == boxes.end() || !found->second.contains(person)) return false;
  const Box& box = found->second.at(person);
  if (box.x < 1 || box.y < 1 || box.right() >= static_cast<float>(size.width) ||
      box.bottom() >= static_cast<float>(size.height)) {
    return false;
  }
  return std::all_of(found->second.begin(), found->second.end(), [&](const auto& other) {
    return other.first == person || intersection(box, other.second) < 0.2F * box.area();
  });
}

std::vector<Query> draw(const Boxes& boxes, cv::Size size, int frames, int nearest, int farthest,
                        int count) {
  std::mt19937 random(1);
  const auto between = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  std::vector<Query> queries;
  for (int tries = 0; tries < 100000 && static_cast<int>(queries.size()) < count; ++tries) {
    const int from = between(1, frames);
    const int in = from + between(nearest, farthest) * (between(0, 1) == 0 ? -1 : 1);
    const auto people = boxes.find(from);
    if (people == boxes.end() || people->second.empty()) continue;
    const auto person =
        std::next(people->second.begin(), between(0, static_cast<int>(people->second.size()) - 1));
    if (is_clear(boxes, from, person->first, size) && is_clear(boxes, in, person->first, size)) {
      queries.push_back({from, person->first, in});
    }
  }
  return queries;
}

bool inside(const deepstack::FramePoint& point, const Box& box) {
  return point.x >= box.x && point.x < box.right() && point.y >= box.y && point.y < box.bottom();
}

cv::Rect pixels_of(const Box& box) {
  return {static_cast<int>(box.x), static_cast<int>(box.y), static_cast<int>(box.width),
          static_cast<int>(box.height)};
}

// Answers that were right, by each level alone and by all.
class Tally {
 public:
  void add(const std::vector<deepstack::FramePoint>& levels, const deepstack::FramePoint& fused,
           const Box& truth) {
    levels_.resize(levels.size());
    for (size_t l = 0; l < levels.size(); ++l) levels_[l] += inside(levels[l], truth);
    fused_ += inside(fused, truth);
    area_ += static_cast<double>(truth.area());
    ++queries_;
  }

  void print(const char* name, const char* by, size_t pixels) const {
    std::printf("| %s | %d | %s |", name, queries_, by);
    for (const int right : levels_) std::printf(" %.2f", static_cast<double>(right) / queries_);
    std::printf(" | %.2f | %.3f |\n", static_cast<double>(fused_) / queries_,
                area_ / queries_ / static_cast<double>(pixels));
    std::fflush(stdout);
  }

 private:
  std::vector<int> levels_;
  int fused_ = 0;
  int queries_ = 0;
  double area_ = 0;  // of the true boxes: what a random point would hit
};

}  // namespace

int main(int argc, char** argv) {
  using deepstack::PointFinder;
  if (argc < 3) {
    std::fprintf(stderr, "usage: point VIDEO GROUND_TRUTH [QUERIES [FPS]]\n");
    return 2;
  }
  const std::vector<cv::Mat> frames = read_frames(argv[1]);
  const Boxes boxes = read_boxes(argv[2]);
  const int count = argc > 3 ? std::atoi(argv[3]) : 100;
  const double fps = argc > 4 ? std::atof(argv[4]) : 7;  // PETS was filmed at 7
  auto finder = PointFinder::open(deepstack::model_source({}));
  if (!finder.ok() || frames.empty() || boxes.empty()) {
    std::fprintf(stderr, "point: %s\n",
                 finder.ok() ? "no frames or no boxes" : finder.status().message().c_str());
    return 1;
  }
  const auto at = [&](double seconds) { return static_cast<int>(seconds * fps); };
  const int longest = static_cast<int>(frames.size()) - 1;
  struct Row {
    const char* name;
    int nearest, farthest;
    Change change;
  };
  const Row rows[] = {{"1-3 s", at(1), at(3), keep},
                      {"a minute and more", at(60), longest, keep},
                      {"a minute and more, blurred", at(60), longest, blur},
                      {"a minute and more, at dusk", at(60), longest, dusk},
                      {"a minute and more, warm light", at(60), longest, warm}};
  std::printf("| crop from | queries | by | levels alone, shallow to last | all levels | area |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    const auto queries = draw(boxes, frames[0].size(), static_cast<int>(frames.size()), row.nearest,
                              row.farthest, count);
    Tally map, crops;
    for (const Query& query : queries) {
      const Box& box = boxes.at(query.from).at(query.person);
      cv::Mat crop = frames[static_cast<size_t>(query.from - 1)](pixels_of(box)).clone();
      row.change(crop);
      const auto found = (*finder)->find(frames[static_cast<size_t>(query.in - 1)], crop,
                                         PointFinder::Detail::kLevels);
      if (!found.ok()) {
        std::fprintf(stderr, "point: %s\n", found.status().message().c_str());
        return 1;
      }
      const Box& truth = boxes.at(query.in).at(query.person);
      map.add(found->levels_by_map, found->fused_by_map, truth);
      crops.add(found->levels, found->fused, truth);
    }
    map.print(row.name, "map", frames[0].total());
    crops.print(row.name, "map and crops", frames[0].total());
  }
  return 0;
}
