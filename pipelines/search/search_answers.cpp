#include "pipelines/search/search_answers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/printable.h"
#include "core/time/utc_time.h"
#include "pipelines/media/output_file.h"
#include "pipelines/media/picture_file.h"

namespace deepstack {
namespace {

constexpr float kMargin = 0.1F;  // around the box, of its sides
constexpr int kMaxHeight = 320;  // pixels

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

double rounded(float value) { return rounded(static_cast<double>(value), 1e4); }

double pixel(float value) { return rounded(static_cast<double>(value), 10); }

std::string utc(const ArchiveObservation& seen) {
  return to_rfc3339(std::llround(seen.seconds * 1e6) * 1000);
}

std::string path_of(const ArchiveAnswer& answer, const VideosById& videos) {
  const auto video = videos.find(answer.sighting.video);
  return video == videos.end() ? "" : video->second.path;
}

nlohmann::ordered_json identity_of(const ArchiveAnswer& answer, People& people) {
  const IdentityRecord* person = people.find(answer.sighting.identity);
  if (person == nullptr) return nullptr;
  nlohmann::ordered_json json{{"id", person->uuid}, {"number", person->number}};
  if (!person->name.empty()) json["name"] = person->name;
  return json;
}

cv::Rect window(const Box& box, cv::Size frame) {
  const float left = box.x - kMargin * box.width, top = box.y - kMargin * box.height;
  const cv::Rect around(static_cast<int>(left), static_cast<int>(top),
                        static_cast<int>(std::ceil(box.width * (1 + 2 * kMargin))),
                        static_cast<int>(std::ceil(box.height * (1 + 2 * kMargin))));
  return around & cv::Rect({}, frame);
}

Result<std::string> thumbnail(const ArchiveAnswer& answer, const std::string& path) try {
  const ArchiveObservation& seen = answer.sighting.observation;
  if (path.empty()) return not_found("an answer of a live camera has no video to cut from");
  const Result<cv::Mat> frame = read_frame_at(path, seen.pts_ns);
  if (!frame.ok()) return frame.status();
  const cv::Rect part = window(seen.box, frame->size());
  if (part.empty()) return corrupt(path + ": has no pixels where the store says it saw something");
  cv::Mat picture;
  cv::cvtColor((*frame)(part), picture, cv::COLOR_RGB2BGR);
  if (picture.rows > kMaxHeight) {
    const double scale = static_cast<double>(kMaxHeight) / picture.rows;
    cv::resize(picture, picture, {}, scale, scale, cv::INTER_AREA);
  }
  std::vector<uint8_t> jpeg;
  if (!cv::imencode(".jpg", picture, jpeg)) return internal("a thumbnail could not be encoded");
  return std::string(jpeg.begin(), jpeg.end());
} catch (const cv::Exception& error) {
  return internal("a thumbnail could not be made: " + error.err);
}

}  // namespace

nlohmann::ordered_json to_json(const std::vector<ArchiveAnswer>& answers, const VideosById& videos,
                               People& people, const Thumbnails& thumbnails) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (size_t i = 0; i < answers.size(); ++i) {
    const ArchiveAnswer& answer = answers[i];
    const ArchiveObservation& seen = answer.sighting.observation;
    nlohmann::ordered_json json{
        {"score", rounded(answer.score)},
        {"margin", rounded(answer.margin)},
        {"identity", identity_of(answer, people)},
        {"label", answer.sighting.label},
        {"camera", answer.sighting.camera},
        {"time", utc(seen)},
        {"video", path_of(answer, videos)},
        {"video_time_s", rounded(static_cast<double>(seen.pts_ns) / 1e9, 1e3)},
        {"track", answer.sighting.track_number},
        {"box",
         {pixel(seen.box.x), pixel(seen.box.y), pixel(seen.box.width), pixel(seen.box.height)}},
        {"point", {pixel(answer.x), pixel(answer.y)}}};
    for (const float level : answer.levels) json["levels"].push_back(rounded(level));
    if (const auto found = thumbnails.find(i); found != thumbnails.end()) {
      json["thumbnail"] = found->second;
    }
    all.push_back(std::move(json));
  }
  return all;
}

std::string to_table(const std::vector<ArchiveAnswer>& answers, const VideosById& videos,
                     People& people) {
  char line[512];
  std::snprintf(line, sizeof line, "%6s %7s %8s %-16s %-27s %9s %-24s %s\n", "score", "margin",
                "identity", "name", "time", "video s", "box", "video");
  std::string text = line;
  for (const ArchiveAnswer& answer : answers) {
    const ArchiveObservation& seen = answer.sighting.observation;
    const IdentityRecord* person = people.find(answer.sighting.identity);
    char box[64];
    std::snprintf(box, sizeof box, "%.0f,%.0f,%.0f,%.0f", static_cast<double>(seen.box.x),
                  static_cast<double>(seen.box.y), static_cast<double>(seen.box.width),
                  static_cast<double>(seen.box.height));
    std::snprintf(line, sizeof line, "%6.3f %7.3f %8s %-16s %-27s %9.2f %-24s %s\n",
                  static_cast<double>(answer.score), static_cast<double>(answer.margin),
                  person == nullptr ? "-" : std::to_string(person->number).c_str(),
                  person == nullptr ? "" : printable(person->name).c_str(), utc(seen).c_str(),
                  static_cast<double>(seen.pts_ns) / 1e9, box,
                  printable(path_of(answer, videos)).c_str());
    text += line;
  }
  return text;
}

Result<Thumbnails> cut_thumbnails(const std::vector<ArchiveAnswer>& answers,
                                  const VideosById& videos, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder, error)) {
    return Status(StatusCode::kUnavailable,
                  folder.string() + ": cannot hold thumbnails: " +
                      (error ? error.message() : std::string("is no folder")));
  }
  Thumbnails made;
  for (size_t i = 0; i < answers.size(); ++i) {
    const Result<std::string> jpeg = thumbnail(answers[i], path_of(answers[i], videos));
    if (!jpeg.ok()) {
      std::fprintf(stderr, "deepstack: no thumbnail: %s\n", jpeg.status().message().c_str());
      continue;
    }
    char name[64];
    std::snprintf(name, sizeof name, "%03zu-%lld.jpg", i + 1,
                  static_cast<long long>(answers[i].sighting.observation.id));
    const std::filesystem::path file = folder / name;
    if (Status status = write_output(file, *jpeg); !status.ok()) return status;
    made[i] = file.string();
  }
  return made;
}

}  // namespace deepstack
