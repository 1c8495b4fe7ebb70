#include "pipelines/report/event_log.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <unordered_map>

#include "core/json_guard.h"
#include "core/time/media_time.h"
#include "pipelines/report/event_fields.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr int64_t kLatestNs = 1'000'000'000 * kNanosPerSecond;  // 31 years: sums cannot overflow
constexpr int64_t kLargestSide = 65535;
constexpr int64_t kLargestTrackId = (int64_t{1} << 53) - 1;
constexpr double kLongestGap_s = 1e9;

// Cut at kMaxNameBytes, between two characters of UTF-8.
std::string bounded_name(std::string text) {
  if (text.size() <= EventLog::kMaxNameBytes) return text;
  size_t end = EventLog::kMaxNameBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

// Names that come again and again, kept once.
class Names {
 public:
  explicit Names(std::vector<std::string>& names) : names_(names) {}

  int32_t index_of(const std::string& name) {
    const auto [entry, added] = indices_.try_emplace(name, static_cast<int32_t>(names_.size()));
    if (added) names_.push_back(name);
    return entry->second;
  }

 private:
  std::vector<std::string>& names_;
  std::unordered_map<std::string, int32_t> indices_;
};

class LogBuilder {
 public:
  Status add(const json& event) {
    EventFields fields;
    read_event(event, fields);
    return fields.ok() ? Status() : corrupt(fields.error());
  }

  bool empty() const { return events_ == 0; }
  EventLog take() { return std::move(log_); }

 private:
  void read_event(const json& event, EventFields& fields) {
    static constexpr std::array kKinds{"new",   "update",     "end",  "rename",
                                       "merge", "stream_gap", "stats"};
    if (!event.is_object()) return fields.fail("is " + shown(event) + ", expected an object");
    const std::string schema = fields.text(event, "schema");
    if (fields.ok() && schema != "deepstack-1") {
      return fields.fail("has the schema " + shown(schema) +
                         ", this program reads \"deepstack-1\"");
    }
    const std::string kind = fields.text(event, "event");
    if (!fields.ok()) return;
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
      return fields.fail("has the event " + shown(kind) +
                         ", known are new, update, end, rename, merge, stream_gap and stats");
    }
    ++events_;
    read_source(event, fields);
    if (kind == "stats") return read_stats(event, fields);
    read_time(event, fields);
    if (kind == "new" || kind == "update") read_objects(event, fields);
    if (kind == "rename") read_rename(fields.object(event, "rename"), fields);
    if (kind == "merge") read_merge(fields.object(event, "merge"), fields);
  }

  // Track ids are of one stream: two streams in a file would be taken for one.
  void read_source(const json& event, EventFields& fields) {
    if (!event.contains("source")) return;
    const std::string source = bounded_name(fields.text(event, "source"));
    if (log_.source.empty()) log_.source = source;
    if (source != log_.source) {
      fields.fail("has the source " + shown(source) + ", the lines before " + shown(log_.source) +
                  ": a report is of one source");
    }
  }

  void read_time(const json& event, EventFields& fields) {
    const int64_t timestamp_ns = fields.integer(event, "timestamp", 0, kLatestNs);
    const int64_t timeline = fields.integer(fields.object(event, "time"), "timeline", 0, INT32_MAX);
    if (!fields.ok()) return;
    if (started_ && timeline > timeline_) {
      offset_ns_ = time_ns_ + distance_ns_ - timestamp_ns;
    }
    const int64_t time_ns = timestamp_ns + offset_ns_;
    if (started_ && (timeline < timeline_ || time_ns < time_ns_)) {
      return fields.fail("has the timestamp " + std::to_string(timestamp_ns) + " in timeline " +
                         std::to_string(timeline) + ", before the event above it");
    }
    if (time_ns > kLatestNs) {
      return fields.fail("ends a stream longer than " + std::to_string(kLatestNs) + " ns");
    }
    if (started_ && time_ns > time_ns_) distance_ns_ = time_ns - time_ns_;
    started_ = true;
    timeline_ = timeline;
    time_ns_ = time_ns;
    log_.end_ns = time_ns;
  }

  void read_objects(const json& event, EventFields& fields) {
    const json& resolution = fields.object(event, "resolution");
    const auto width = static_cast<double>(fields.integer(resolution, "width", 1, kLargestSide));
    const auto height = static_cast<double>(fields.integer(resolution, "height", 1, kLargestSide));
    const json& objects = fields.array(event, "objects");
    if (!fields.ok()) return;
    for (const json& object : objects) {
      if (!object.is_object()) return fields.fail("has an object that is " + shown(object));
      const auto x = static_cast<double>(fields.integer(object, "x", 0, kLargestSide));
      const auto y = static_cast<double>(fields.integer(object, "y", 0, kLargestSide));
      const auto w = static_cast<double>(fields.integer(object, "w", 0, kLargestSide));
      const auto h = static_cast<double>(fields.integer(object, "h", 0, kLargestSide));
      Sighting sighting;
      sighting.time_ns = time_ns_;
      sighting.track_id = fields.integer(object, "id", 1, kLargestTrackId);
      sighting.box = clip({static_cast<float>(x / width), static_cast<float>(y / height),
                           static_cast<float>(w / width), static_cast<float>(h / height)},
                          1, 1);
      const json& detection = fields.object(object, "detection");
      sighting.confidence = static_cast<float>(fields.number(detection, "confidence", 0, 1));
      sighting.label = labels_.index_of(bounded_name(fields.text(detection, "label")));
      if (object.contains("identity")) read_identity(object, sighting, fields);
      if (!fields.ok()) return;
      log_.sightings.push_back(sighting);
    }
    if (!objects.empty() && last_frame_ns_ != time_ns_) ++log_.frames;
    last_frame_ns_ = time_ns_;
  }

  void read_identity(const json& object, Sighting& sighting, EventFields& fields) {
    const json& identity = fields.object(object, "identity");
    const std::string state = fields.text(identity, "state");
    sighting.confirmed = state == "confirmed";
    sighting.score = static_cast<float>(fields.number(identity, "score", 0, 1));
    sighting.gap_s = fields.number(identity, "gap_s", 0, kLongestGap_s);
    sighting.matched = !fields.array(identity, "levels").empty();
    if (fields.ok() && state != "confirmed" && state != "tentative") {
      fields.fail("state is " + shown(state) + ", expected tentative or confirmed");
    }
    sighting.identity = read_uuid(identity, "id", fields);
  }

  void read_rename(const json& rename, EventFields& fields) {
    CorrectionNote note{.sightings_before = log_.sightings.size()};
    note.track_id = fields.integer(rename, "id", 1, kLargestTrackId);
    note.from = read_uuid(rename, "from", fields);
    note.to = read_uuid(rename, "to", fields);
    log_.corrections.push_back(note);
    ++log_.renames;
  }

  void read_merge(const json& merge, EventFields& fields) {
    CorrectionNote note{.sightings_before = log_.sightings.size()};
    note.to = read_uuid(merge, "to", fields);
    for (const json& from : fields.array(merge, "from")) {
      note.from = uuids_.index_of(fields.uuid(from, "from"));
      log_.corrections.push_back(note);
    }
    ++log_.merges;
  }

  int32_t read_uuid(const json& object, const char* name, EventFields& fields) {
    const auto found = object.find(name);
    if (found == object.end()) fields.fail(std::string("has no '") + name + "'");
    return fields.ok() ? uuids_.index_of(fields.uuid(*found, name)) : kNoIdentity;
  }

  void read_stats(const json& event, EventFields& fields) {
    log_.stats.clear();
    const json& stats = fields.object(event, "stats");
    for (const auto& [name, value] : stats.items()) {
      const int64_t count = fields.integer(stats, name.c_str(), 0, INT64_MAX);
      log_.stats[bounded_name(name)] = static_cast<uint64_t>(count);
    }
  }

  EventLog log_;
  Names labels_{log_.labels};
  Names uuids_{log_.uuids};
  size_t events_ = 0;
  bool started_ = false;
  int64_t timeline_ = 0;
  int64_t offset_ns_ = 0;
  int64_t time_ns_ = 0;      // of the last event
  int64_t distance_ns_ = 0;  // between the last two different times
  int64_t last_frame_ns_ = -1;
};

}  // namespace

Result<EventLog> read_event_log(const std::filesystem::path& path, const EventLogLimits& limits) {
  const std::string name = path.string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found(name + ": no such file");
  if (std::filesystem::is_directory(path, error)) return corrupt(name + ": is a folder, no file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status(StatusCode::kUnavailable, name + ": cannot be opened for reading");

  const std::string limit = std::to_string(limits.file_bytes);
  const uint64_t size = std::filesystem::file_size(path, error);  // fails for a pipe
  if (!error && size > limits.file_bytes) {
    return corrupt(name + ": has " + std::to_string(size) + " bytes, the limit is " + limit);
  }

  LogBuilder builder;
  std::vector<char> line(limits.line_bytes + 2);  // the line end and the closing zero
  uint64_t bytes = 0;
  for (int64_t number = 1; file.peek() != std::ifstream::traits_type::eof(); ++number) {
    const std::string where = name + ":" + std::to_string(number) + ": ";
    file.getline(line.data(), static_cast<std::streamsize>(line.size()));
    const auto length = static_cast<size_t>(file.gcount());
    if (file.bad()) return Status(StatusCode::kUnavailable, where + "cannot be read");
    if (file.fail()) {
      return corrupt(where + "the line is longer than " + std::to_string(limits.line_bytes) +
                     " bytes");
    }
    bytes += length;
    if (bytes > limits.file_bytes)
      return corrupt(where + "the file goes on after its limit of " + limit + " bytes");
    const size_t end = file.eof() ? length : length - 1;
    Result<JsonTree> event = parse_guarded_json({line.data(), end}, {.max_bytes = limits.line_bytes});
    if (!event.ok()) return corrupt(where + event.status().message());
    if (Status added = builder.add(**event); !added.ok()) return corrupt(where + added.message());
  }
  if (builder.empty()) return corrupt(name + ": holds no event");
  return builder.take();
}

}  // namespace deepstack
