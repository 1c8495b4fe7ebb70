// /api/search/...: where else is this?
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/json_guard.h"
#include "core/time/media_time.h"
#include "pipelines/report/event_fields.h"
#include "pipelines/serve/jpeg_size.h"
#include "pipelines/serve/query.h"
#include "pipelines/serve/request_guard.h"
#include "pipelines/serve/site.h"
#include "pipelines/serve/view_json.h"

namespace deepstack {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr size_t kMostAnswers = 48;
constexpr int kMostPictureSide = 4096;
constexpr double kLongestVideo_s = 1e9;

json answer_json(Site& site, const ArchiveAnswer& answer) {
  const Sighting& seen = answer.sighting;
  json whole{{"score", answer.score},
             {"margin", answer.margin},
             {"picture", seen.observation.id},
             {"track", seen.observation.track},
             {"video", seen.video},
             {"pts", to_seconds(seen.observation.pts_ns)},
             {"seconds", seen.observation.seconds},
             {"camera", seen.camera},
             {"label", seen.label},
             {"identity", seen.identity},
             {"name", ""}};
  if (seen.identity == 0) return whole;
  const Result<ArchiveView::Identity> identity = site.view->known(seen.identity);
  if (identity.ok()) whole["name"] = identity->name;
  return whole;
}

void reply(Site& site, Response& response, const Result<std::vector<ArchiveAnswer>>& answers) {
  if (!answers.ok()) return reply_error(response, answers.status());
  json all = json::array();
  for (const ArchiveAnswer& answer : *answers) all.push_back(answer_json(site, answer));
  reply_json(response, text_of(all));
}

void by_box(Site& site, const Request& request, Response& response) {
  const Result<JsonTree> body = parse_guarded_json(request.body);
  if (!body.ok() || !(*body)->is_object()) {
    return reply_error(response, 400, "the body must be a JSON object");
  }
  EventFields fields;
  const int64_t id = fields.integer(**body, "video", 1, INT64_MAX);
  const double pts_s = fields.number(**body, "pts", 0, kLongestVideo_s);
  const json& sides = fields.object(**body, "box");
  const auto side = [&](const char* name) {
    return static_cast<float>(fields.number(sides, name, -1e6, 1e6));
  };
  const Box box{side("x"), side("y"), side("width"), side("height")};
  if (!fields.ok()) return reply_error(response, 400, "the body " + fields.error());
  const Result<ArchiveView::Video> video = site.view->video(id);
  if (!video.ok()) return reply_error(response, video.status());
  const Result<cv::Mat> frame = site.cutter.picture(video->path, pts_s);
  if (!frame.ok()) return reply_error(response, frame.status());
  reply(site, response, site.search->of_box(*frame, box, video->start_s + pts_s, kMostAnswers));
}

void by_identity(Site& site, const Request& request, Response& response) {
  const Result<JsonTree> body = parse_guarded_json(request.body);
  if (!body.ok() || !(*body)->is_object()) {
    return reply_error(response, 400, "the body must be a JSON object");
  }
  EventFields fields;
  const int64_t number = fields.integer(**body, "identity", 1, INT64_MAX);
  if (!fields.ok()) return reply_error(response, 400, "the body " + fields.error());
  reply(site, response, site.search->of_identity(number, kMostAnswers));
}

void by_picture(Site& site, const Request& request, Response& response) try {
  const Result<PictureSize> size = jpeg_size(request.body);
  if (!size.ok()) return reply_error(response, 415, "the picture " + size.status().message());
  if (size->width > kMostPictureSide || size->height > kMostPictureSide) {
    return reply_error(response, 413,
                       "the picture is " + std::to_string(size->width) + "x" +
                           std::to_string(size->height) + ", the limit is " +
                           std::to_string(kMostPictureSide) + " a side");
  }
  const cv::Mat bytes(1, static_cast<int>(request.body.size()), CV_8U,
                      const_cast<char*>(request.body.data()));
  cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
  if (picture.empty()) return reply_error(response, 415, "the picture cannot be decoded");
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  const Box whole{0, 0, static_cast<float>(picture.cols), static_cast<float>(picture.rows)};
  reply(site, response, site.search->of_box(picture, whole, std::nullopt, kMostAnswers));
} catch (const cv::Exception& error) {
  reply_error(response, 415, "the picture cannot be decoded: " + error.err);
}

}  // namespace

void add_search_routes(HttpServer& server, Site& site) {
  const auto post = [&](const char* path, void (*answer)(Site&, const Request&, Response&)) {
    server.Post(path, [&site, answer](const Request& request, Response& response) {
      answer(site, request, response);
    });
  };
  post("/api/search/box", by_box);
  post("/api/search/identity", by_identity);
  post(kPicturePath, by_picture);
}

}  // namespace deepstack
