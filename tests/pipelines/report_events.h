// Events for tests of `deepstack report`, written by the writer that the element uses.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/event/event_json.h"
#include "pipelines/report/event_log.h"

namespace deepstack::test {

inline const std::string kAnna = "aaaaaaaa-0000-4000-8000-000000000000";
inline const std::string kBert = "bbbbbbbb-0000-4000-8000-000000000000";
inline const std::string kCleo = "cccccccc-0000-4000-8000-000000000000";

// A folder of its own for each test, removed with it.
class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / "deepstack_report_XXXXXX") {
    std::string name = path_.string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(file(name), std::ios::binary) << content;
    return file(name);
  }
  size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

// Lines of one stream of 100x100 pixels, each call one line.
class EventLines {
 public:
  explicit EventLines(std::string source = "door") : source_{std::move(source), false} {}

  EventLines& timeline(uint32_t timeline) {
    timeline_ = timeline;
    return *this;
  }

  // The track as uuid ("": not known yet), found again with `score` after gap_s, or new with 1.
  EventLines& see(double seconds, int64_t track, const std::string& uuid, float score = 1,
                  double gap_s = 0, Box box = {10, 10, 20, 40}) {
    Event event = at(EventKind::kUpdate, seconds);
    ObservedObject object;
    object.detection = {.box = box, .score = 0.9F, .label = label_};
    object.track_id = track;
    object.region_id = 1;
    if (!uuid.empty()) {
      object.identity = IdentityEvidence{.uuid = uuid,
                                         .state = IdentityState::kConfirmed,
                                         .score = score,
                                         .runner_up = "",
                                         .gap_s = gap_s,
                                         .levels = {}};
      if (score < 1) object.identity->levels = {0.5F};
    }
    event.objects.push_back(object);
    return add(event);
  }

  EventLines& rename(double seconds, int64_t track, const std::string& from,
                     const std::string& to) {
    Event event = at(EventKind::kRename, seconds);
    event.track_id = track;
    event.from_uuid = from;
    event.to_uuid = to;
    return add(event);
  }

  EventLines& merge(double seconds, const std::string& from, const std::string& to) {
    Event event = at(EventKind::kMerge, seconds);
    event.from_uuid = from;
    event.to_uuid = to;
    return add(event);
  }

  EventLines& stats(uint64_t analysed) {
    Event event;
    event.kind = EventKind::kStats;
    event.counters = {{"frames_analysed", analysed}};
    return add(event);
  }

  EventLines& label(const std::string& label) {
    label_ = label;
    return *this;
  }

  const std::string& text() const { return text_; }

  Result<EventLog> log() const {
    const TempFolder folder;
    return read_event_log(folder.write("events.jsonl", text_));
  }

 private:
  Event at(EventKind kind, double seconds) const {
    Event event;
    event.kind = kind;
    event.frame = {
        .width = 100, .height = 100, .time = {timeline_, static_cast<int64_t>(seconds * 1e9)}};
    return event;
  }
  EventLines& add(const Event& event) {
    text_ += to_json(event, source_) + "\n";
    return *this;
  }

  EventSource source_;
  uint32_t timeline_ = 0;
  std::string label_ = "person";
  std::string text_;
};

}  // namespace deepstack::test
