// ArchiveView: what a person wants to see of a store, in windows of time and rows, so that the cost
// of a page does not grow with the store. Reads only, beside whoever writes. Any thread; one
// question at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/frame/box.h"
#include "core/status.h"
#include "core/store/sqlite_database.h"

namespace deepstack {

// All times are UNIX seconds but those called pts: they are times in their video.
class ArchiveView {
 public:
  static constexpr size_t kMostStays = 2000;   // of one row of the timeline
  static constexpr size_t kMostCameras = 256;  // of an overview
  static constexpr size_t kMostBoxes = 50'000;

  // kNotFound: no store there. kCorrupt: of another version or program, or damaged.
  static Result<std::unique_ptr<ArchiveView>> open(const std::filesystem::path& folder);

  // What work() answers, while nobody asks here: no question of ours is open on the store.
  template <typename Work>
  auto alone(const Work& work) {
    const std::lock_guard lock(mutex_);
    return work();
  }

  // Rises when somebody else has changed the store.
  Result<int64_t> version();

  struct Camera {
    std::string name;
    int64_t videos = 0;
    int64_t tracks = 0;
  };
  struct Label {
    std::string name;
    int64_t identities = 0;
  };
  struct Overview {
    double first_s = 0;
    double last_s = 0;
    std::vector<Camera> cameras;  // by name; the index in it stands for a camera elsewhere
    std::vector<Label> labels;    // the most frequent first
    int64_t identities = 0;
    int64_t videos = 0;
    int64_t tracks = 0;
    int64_t observations = 0;
    std::string model;
  };
  Result<Overview> overview();

  struct Filter {
    double from_s = 0;
    double to_s = 0;
    std::vector<std::string> cameras;  // none: all
    std::vector<std::string> labels;
    std::string text;  // part of a name, the number, or how the UUID begins
  };

  struct Identity {
    int64_t number = 0;
    std::string uuid;
    std::string name;
    std::string label;
    double first_s = 0;
    double last_s = 0;
    int64_t merged_into = 0;  // what it is part of now; 0: itself
  };
  // A track in a row of the timeline, or several that a pixel cannot tell apart.
  struct Stay {
    std::string camera;
    double first_s = 0;
    double last_s = 0;
    int64_t tracks = 1;
    int64_t track = 0;  // id of the first
    int64_t video = 0;  // of the first; 0: none
    double pts_s = 0;
  };
  struct Row {
    Identity identity;
    std::vector<Stay> stays;
    int64_t picture = 0;  // an observation of it; 0: none
  };
  struct Rows {
    int64_t total = 0;  // that the filter lets through
    std::vector<Row> rows;
  };
  // The most recently seen first.
  Result<Rows> timeline(const Filter& filter, size_t offset, size_t limit);

  // Tracks begun in each of `bins` equal parts of the filter's time, by camera.
  Result<std::map<std::string, std::vector<int64_t>>> activity(const Filter& filter, size_t bins);

  struct Details {
    Identity identity;
    int64_t tracks = 0;
    int64_t sightings = 0;
    int64_t prototypes = 0;
    std::vector<Camera> cameras;  // where it was seen, the most often first
    int64_t picture = 0;
  };
  Result<Details> identity(int64_t number);
  Result<Identity> known(int64_t number);

  struct Track {
    int64_t id = 0;
    int64_t identity = 0;  // 0: none
    std::string name;      // of the identity
    std::string label;
    std::string camera;
    double first_s = 0;
    double last_s = 0;
    int64_t video = 0;
    double first_pts_s = 0;
    double last_pts_s = 0;
    int64_t sightings = 0;
    int64_t picture = 0;  // its best observation
  };
  // Of an identity, the latest first.
  Result<std::vector<Track>> tracks(int64_t identity, size_t offset, size_t limit);

  struct Video {
    int64_t id = 0;
    std::string camera;
    std::string path;
    std::string content_hash;
    std::string status;
    std::string error;
    double start_s = 0;
    std::string start_source;
    double duration_s = 0;
    int width = 0;
    int height = 0;
    int64_t tracks = 0;
    double fps = 0;
  };
  Result<std::vector<Video>> videos(size_t offset, size_t limit);
  Result<Video> video(int64_t id);

  struct SeenBox {
    double pts_s = 0;
    Box box;  // in pixels of the video
    int64_t observation = 0;
  };
  struct VideoTrack {
    Track track;
    std::vector<SeenBox> boxes;
  };
  // Tracks seen between two times of the video, with their boxes in it, so many in all.
  Result<std::vector<VideoTrack>> video_tracks(int64_t video, double from_pts_s, double to_pts_s,
                                               size_t most_boxes = kMostBoxes);

  struct Picture {
    int64_t video = 0;  // 0: none
    double pts_s = 0;
    Box box;
    std::string jpeg;  // when the store keeps one
  };
  // Where the picture of an observation is.
  Result<Picture> picture(int64_t observation);

  const std::string& file() const { return database_.file(); }

 private:
  ArchiveView(SqliteDatabase database, std::string model)
      : model_(std::move(model)), database_(std::move(database)) {}

  Result<int64_t> data_version();
  Status read_cameras(Overview& overview);
  Status read_labels(Overview& overview);
  Result<std::shared_ptr<const std::vector<int64_t>>> matching(const Filter& filter);
  Result<Row> row(const Filter& filter, int64_t number);
  Result<Identity> find_identity(int64_t number);
  Result<int64_t> identity_picture(int64_t number);

  const std::string model_;
  std::mutex mutex_;  // everything below
  SqliteDatabase database_;
  Overview overview_;  // of overview_version_; -1: none yet
  int64_t overview_version_ = -1;
  // The identities of the last filters, so that scrolling does not look for them again.
  struct Matching {
    std::string key;
    std::shared_ptr<const std::vector<int64_t>> numbers;
  };
  std::vector<Matching> matching_;
};

}  // namespace deepstack
