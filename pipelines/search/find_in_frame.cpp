#include "pipelines/search/find_in_frame.h"

#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/model/point_finder.h"
#include "pipelines/media/picture_file.h"
#include "pipelines/search/search_arguments.h"
#include "pipelines/search/search_query.h"

namespace deepstack {
namespace {

Result<cv::Mat> read_frame(const SearchOptions& options) {
  if (options.at.empty()) return read_picture(options.in);
  const Result<int64_t> time_ns = parse_video_time(options.at);
  if (!time_ns.ok()) return time_ns.status();
  return read_frame_at(options.in, *time_ns);
}

}  // namespace

Status find_in_frame(const SearchOptions& options) {
  const Result<cv::Mat> crop = query_picture(options);
  if (!crop.ok()) return crop.status();
  const Result<cv::Mat> frame = read_frame(options);
  if (!frame.ok()) return frame.status();
  Result<std::unique_ptr<PointFinder>> finder = PointFinder::open(model_source(options.settings));
  if (!finder.ok()) return finder.status();
  const Result<FoundPoints> found = (*finder)->find(*frame, *crop, PointFinder::Detail::kFused);
  if (!found.ok()) return found.status();
  const FramePoint& point = found->fused;
  const double score = std::round(static_cast<double>(point.score) * 1e4) / 1e4;
  if (options.json) {
    const nlohmann::ordered_json answer{{"point", {std::lround(point.x), std::lround(point.y)}},
                                        {"similarity", score}};
    std::printf("%s\n", nlohmann::ordered_json::array({answer}).dump().c_str());
  } else {
    std::printf("x=%ld, y=%ld (similarity %.3f)\n", std::lround(point.x), std::lround(point.y),
                score);
  }
  return {};
}

}  // namespace deepstack
