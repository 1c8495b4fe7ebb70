// /media/...: pictures cut on demand, and the videos of the store.
#include <algorithm>
#include <array>
#include <memory>

#include "pipelines/serve/byte_range.h"
#include "pipelines/serve/query.h"
#include "pipelines/serve/site.h"
#include "pipelines/serve/video_file.h"

namespace deepstack {
namespace {

using httplib::Request;
using httplib::Response;

void reply_jpeg(Response& response, const std::string& jpeg) {
  // In no cache of a browser: who is erased here must not stay there.
  response.set_header("Cache-Control", "no-store");
  response.set_content(jpeg, "image/jpeg");
}

// The kept picture of this name, or what `cut` makes.
template <typename Cut>
void reply_picture(Site& site, Response& response, const std::string& key, const Cut& cut) {
  const Result<int64_t> version = site.view->version();
  if (!version.ok()) return reply_error(response, version.status());
  if (const auto kept = site.pictures.find(key, *version)) return reply_jpeg(response, *kept);
  Result<std::string> jpeg = cut();
  if (!jpeg.ok()) return reply_error(response, jpeg.status());
  reply_jpeg(response, *jpeg);
  site.pictures.keep(key, *version, *std::move(jpeg));
}

Result<std::string> cut_thumbnail(Site& site, int64_t observation) {
  Result<ArchiveView::Picture> picture = site.view->picture(observation);
  if (!picture.ok()) return picture.status();
  if (!picture->jpeg.empty()) return std::move(picture->jpeg);
  if (picture->video == 0) return not_found("it was seen live; no picture of it was kept");
  const Result<ArchiveView::Video> video = site.view->video(picture->video);
  if (!video.ok()) return video.status();
  return site.cutter.thumbnail(video->path, picture->pts_s, picture->box);
}

void thumbnail(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t id = query.id();
  if (!query.ok()) return reply_error(response, 404, query.error());
  reply_picture(site, response, "thumbnail " + std::to_string(id),
                [&] { return cut_thumbnail(site, id); });
}

void frame(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t id = query.id();
  const double pts_s = query.number("t", 0, 0, 1e9);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const Result<ArchiveView::Video> video = site.view->video(id);
  if (!video.ok()) return reply_error(response, video.status());
  reply_picture(site, response,
                "frame " + std::to_string(id) + " " + std::to_string(std::llround(pts_s * 1e3)),
                [&] { return site.cutter.frame(video->path, pts_s); });
}

void video(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t id = query.id();
  if (!query.ok()) return reply_error(response, 404, query.error());
  const Result<ArchiveView::Video> video = site.view->video(id);
  if (!video.ok()) return reply_error(response, video.status());
  const Result<FrameCutter::Facts> facts = facts_of(site, *video);
  if (!facts.ok()) {
    const bool gone = facts.status().code() == StatusCode::kNotFound;
    return reply_error(response, gone ? 404 : 415, facts.status().message());
  }
  Result<VideoFile> opened = VideoFile::open(video->path);
  if (!opened.ok()) return reply_error(response, 404, opened.status().message());
  const auto file = std::make_shared<VideoFile>(*std::move(opened));
  response.set_header("Cache-Control", "no-store");
  response.set_header("Accept-Ranges", "bytes");
  const std::optional<ByteRange> range =
      byte_range(request.get_header_value("Range"), file->size());
  if (!range) {
    response.set_header("Content-Range", "bytes */" + std::to_string(file->size()));
    return reply_error(response, 416, "the file has " + std::to_string(file->size()) + " bytes");
  }
  response.status = range->whole ? 200 : 206;
  if (!range->whole) {
    response.set_header("Content-Range", "bytes " + std::to_string(range->begin) + "-" +
                                             std::to_string(range->end - 1) + "/" +
                                             std::to_string(file->size()));
  }
  if (range->end == range->begin) return response.set_content("", video_type(video->path));
  response.set_content_provider(
      range->end - range->begin, video_type(video->path),
      [file, begin = range->begin](size_t offset, size_t length, httplib::DataSink& sink) {
        std::array<char, 64 * 1024> bytes;
        const int64_t got =
            file->read(begin + offset, bytes.data(), std::min(length, bytes.size()));
        return got > 0 && sink.write(bytes.data(), static_cast<size_t>(got));
      });
}

}  // namespace

Result<FrameCutter::Facts> facts_of(Site& site, const ArchiveView::Video& video) {
  Result<FrameCutter::Facts> facts = site.cutter.facts(video.path);
  if (!facts.ok() || video.width == 0) return facts;
  if (facts->width == video.width && facts->height == video.height) return facts;
  const auto size = [](int width, int height) {
    return std::to_string(width) + "x" + std::to_string(height);
  };
  return corrupt(std::filesystem::path(video.path).filename().string() + ": is " +
                 size(facts->width, facts->height) + " and was indexed as " +
                 size(video.width, video.height) + "; it is another file now");
}

void add_media_routes(HttpServer& server, Site& site) {
  const auto get = [&](const std::string& path, void (*answer)(Site&, const Request&, Response&)) {
    server.Get(path, [&site, answer](const Request& request, Response& response) {
      answer(site, request, response);
    });
  };
  const std::string id = kId;
  get("/media/pictures/" + id + "\\.jpg", thumbnail);
  get("/media/frames/" + id + "\\.jpg", frame);
  get("/media/videos/" + id, video);
}

}  // namespace deepstack
