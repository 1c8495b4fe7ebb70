#include "core/store/archive_view.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/store/store_file.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr size_t kKeptMatching = 8;
constexpr int64_t kLatestTracks = 8;  // of an identity that its picture is looked for in
constexpr double kPixels = 2000;      // of a row of the timeline: what is nearer is one stay

// A track's camera: of its video, or of the stream that it was seen in live.
#define CAMERA "coalesce(v.camera, t.source)"

// Parameters 1..5 of every question with a filter.
constexpr std::string_view kFiltered =
    " FROM tracks t LEFT JOIN videos v ON v.id = t.video JOIN identities i ON i.number = t.identity"
    " WHERE t.last_seen_s >= ?1 AND t.first_seen_s <= ?2 AND i.merged_into IS NULL AND i.opted_out "
    "= 0"
    " AND (?3 = '[]' OR " CAMERA
    " IN (SELECT value FROM json_each(?3)))"
    " AND (?4 = '[]' OR i.label IN (SELECT value FROM json_each(?4)))"
    " AND (?5 = '' OR instr(lower(i.name), ?5) > 0 OR CAST(i.number AS TEXT) = ltrim(?5, '#')"
    "      OR substr(i.uuid, 1, length(?5)) = ?5)";

struct Bound {
  explicit Bound(const ArchiveView::Filter& filter)
      : from_s(filter.from_s),
        to_s(filter.to_s),
        cameras(dump(filter.cameras)),
        labels(dump(filter.labels)),
        text(filter.text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) {
      return static_cast<char>(letter < 0x80 ? std::tolower(letter) : letter);
    });
  }
  void bind(SqliteStatement& statement) const {
    statement.bind(1, from_s).bind(2, to_s).bind(3, std::string_view(cameras));
    statement.bind(4, std::string_view(labels)).bind(5, std::string_view(text));
  }
  std::string key() const { return json{from_s, to_s, cameras, labels, text}.dump(); }

  static std::string dump(const std::vector<std::string>& names) {
    return json(names).dump(-1, ' ', true, json::error_handler_t::replace);
  }
  double from_s, to_s;
  std::string cameras, labels, text;
};

// Calls take for each row of the statement, until it says false.
template <typename Take>
Status each(SqliteStatement& statement, const Take& take) {
  for (;;) {
    const Result<bool> row = statement.step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    if (!take()) break;
  }
  statement.reset();
  return {};
}

double seconds(int64_t ns) { return to_seconds(ns); }

}  // namespace

Result<std::unique_ptr<ArchiveView>> ArchiveView::open(const std::filesystem::path& folder) {
  Result<StoreFile> file = StoreFile::open(folder, StoreAccess::kRead, std::nullopt);
  if (!file.ok()) return file.status();
  if (file->version != kStoreVersion) {
    return corrupt(file->database.file() + ": has schema version " + std::to_string(file->version) +
                   ", pages are made of version " + std::to_string(kStoreVersion) +
                   "; whoever writes to it next brings it up to that");
  }
  return std::unique_ptr<ArchiveView>(
      new ArchiveView(std::move(file->database), to_string(file->model)));
}

Result<int64_t> ArchiveView::version() {
  const std::lock_guard lock(mutex_);
  return data_version();
}

Result<int64_t> ArchiveView::data_version() { return database_.integer("PRAGMA data_version"); }

Result<ArchiveView::Overview> ArchiveView::overview() {
  const std::lock_guard lock(mutex_);
  const Result<int64_t> version = data_version();
  if (!version.ok()) return version.status();
  if (overview_version_ == *version) return overview_;
  Overview overview;
  overview.model = model_;
  Result<SqliteStatement> totals = database_.prepare(
      "SELECT (SELECT count(*) FROM identities WHERE merged_into IS NULL AND opted_out = 0),"
      " (SELECT count(*) FROM videos), (SELECT count(*) FROM tracks),"
      " (SELECT count(*) FROM observations),"
      " (SELECT coalesce(min(first_seen_s), 0) FROM tracks),"
      " (SELECT coalesce(max(last_seen_s), 0) FROM tracks)");
  if (!totals.ok()) return totals.status();
  Status status = each(*totals, [&] {
    overview.identities = totals->integer(0);
    overview.videos = totals->integer(1);
    overview.tracks = totals->integer(2);
    overview.observations = totals->integer(3);
    overview.first_s = totals->real(4);
    overview.last_s = totals->real(5);
    return true;
  });
  if (status.ok()) status = read_cameras(overview);
  if (status.ok()) status = read_labels(overview);
  if (!status.ok()) return status;
  overview_ = overview;
  overview_version_ = *version;
  return overview;
}

Status ArchiveView::read_cameras(Overview& overview) {
  Result<SqliteStatement> rows =
      database_.prepare("SELECT " CAMERA
                        " AS camera, count(DISTINCT t.video), count(*) FROM tracks t"
                        " LEFT JOIN videos v ON v.id = t.video GROUP BY 1 ORDER BY 1 LIMIT ?1");
  if (!rows.ok()) return rows.status();
  rows->bind(1, int64_t{kMostCameras});
  return each(*rows, [&] {
    overview.cameras.push_back({std::string(rows->text(0)), rows->integer(1), rows->integer(2)});
    return true;
  });
}

Status ArchiveView::read_labels(Overview& overview) {
  Result<SqliteStatement> rows = database_.prepare(
      "SELECT label, count(*) FROM identities WHERE merged_into IS NULL AND opted_out = 0"
      " GROUP BY label ORDER BY 2 DESC, label LIMIT 64");
  if (!rows.ok()) return rows.status();
  return each(*rows, [&] {
    overview.labels.push_back({std::string(rows->text(0)), rows->integer(1)});
    return true;
  });
}

Result<std::shared_ptr<const std::vector<int64_t>>> ArchiveView::matching(const Filter& filter) {
  const Result<int64_t> version = data_version();
  if (!version.ok()) return version.status();
  const Bound bound(filter);
  const std::string key = std::to_string(*version) + bound.key();
  for (const Matching& known : matching_) {
    if (known.key == key) return known.numbers;
  }
  Result<SqliteStatement> rows =
      database_.prepare("SELECT t.identity" + std::string(kFiltered) +
                        " GROUP BY t.identity ORDER BY max(t.last_seen_s) DESC, t.identity DESC");
  if (!rows.ok()) return rows.status();
  bound.bind(*rows);
  auto numbers = std::make_shared<std::vector<int64_t>>();
  Status status = each(*rows, [&] {
    numbers->push_back(rows->integer(0));
    return true;
  });
  if (!status.ok()) return status;
  if (matching_.size() >= kKeptMatching) matching_.erase(matching_.begin());
  matching_.push_back({key, numbers});
  return std::shared_ptr<const std::vector<int64_t>>(numbers);
}

Result<ArchiveView::Rows> ArchiveView::timeline(const Filter& filter, size_t offset, size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto numbers = matching(filter);
  if (!numbers.ok()) return numbers.status();
  const std::vector<int64_t>& all = **numbers;
  Rows rows{static_cast<int64_t>(all.size()), {}};
  for (size_t i = offset; i < all.size() && rows.rows.size() < limit; ++i) {
    Result<Row> one = row(filter, all[i]);
    if (one.status().code() == StatusCode::kNotFound) continue;  // erased just now
    if (!one.ok()) return one.status();
    rows.rows.push_back(*std::move(one));
  }
  return rows;
}

Result<ArchiveView::Row> ArchiveView::row(const Filter& filter, int64_t number) {
  Result<Identity> identity = find_identity(number);
  if (!identity.ok()) return identity.status();
  Row row{*std::move(identity), {}, 0};
  Result<SqliteStatement> stays = database_.prepare(
      "SELECT t.id, " CAMERA ", t.first_seen_s, t.last_seen_s, t.video, t.first_pts_ns" +
      std::string(kFiltered) + " AND t.identity = ?6 ORDER BY t.first_seen_s");
  if (!stays.ok()) return stays.status();
  const Bound bound(filter);
  bound.bind(*stays);
  stays->bind(6, number);
  const double pixel_s = std::max(0.0, filter.to_s - filter.from_s) / kPixels;
  std::map<std::string, size_t, std::less<>> latest;  // by camera
  Status status = each(*stays, [&] {
    const double first_s = stays->real(2);
    const double last_s = stays->real(3);
    const auto found = latest.find(stays->text(1));
    if (found != latest.end() && first_s - row.stays[found->second].last_s <= pixel_s) {
      Stay& before = row.stays[found->second];
      before.last_s = std::max(before.last_s, last_s);
      ++before.tracks;
      return true;
    }
    latest[std::string(stays->text(1))] = row.stays.size();
    row.stays.push_back({std::string(stays->text(1)), first_s, last_s, 1, stays->integer(0),
                         stays->integer(4), seconds(stays->integer(5))});
    return row.stays.size() < kMostStays;
  });
  if (!status.ok()) return status;
  Result<int64_t> picture = identity_picture(number);
  if (!picture.ok()) return picture.status();
  row.picture = *picture;
  return row;
}

Result<std::map<std::string, std::vector<int64_t>>> ArchiveView::activity(const Filter& filter,
                                                                          size_t bins) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows = database_.prepare(
      "SELECT " CAMERA ", CAST((max(t.first_seen_s, ?1) - ?1) / ?6 AS INTEGER) AS bin, count(*)" +
      std::string(kFiltered) + " GROUP BY 1, bin");
  if (!rows.ok()) return rows.status();
  const Bound bound(filter);
  bound.bind(*rows);
  rows->bind(6, std::max(filter.to_s - filter.from_s, 1e-3) / static_cast<double>(bins));
  std::map<std::string, std::vector<int64_t>> counts;
  Status status = each(*rows, [&] {
    std::vector<int64_t>& row = counts[std::string(rows->text(0))];
    row.resize(bins);
    row[std::min(static_cast<size_t>(std::max<int64_t>(rows->integer(1), 0)), bins - 1)] +=
        rows->integer(2);
    return counts.size() <= kMostCameras;
  });
  if (!status.ok()) return status;
  return counts;
}

Result<ArchiveView::Identity> ArchiveView::find_identity(int64_t number) {
  Result<SqliteStatement> found = database_.prepare(
      "SELECT number, uuid, name, label, first_seen_s, last_seen_s, coalesce(merged_into, 0)"
      " FROM identities WHERE number = ?1 AND opted_out = 0");
  if (!found.ok()) return found.status();
  const Result<bool> row = found->bind(1, number).step();
  if (!row.ok()) return row.status();
  if (!*row) return not_found("there is no identity " + std::to_string(number));
  return Identity{found->integer(0),
                  std::string(found->text(1)),
                  std::string(found->text(2)),
                  std::string(found->text(3)),
                  found->real(4),
                  found->real(5),
                  found->integer(6)};
}

Result<ArchiveView::Identity> ArchiveView::known(int64_t number) {
  const std::lock_guard lock(mutex_);
  return find_identity(number);
}

Result<int64_t> ArchiveView::identity_picture(int64_t number) {
  Result<SqliteStatement> found = database_.prepare(
      "SELECT o.id FROM (SELECT id FROM tracks WHERE identity = ?1 ORDER BY last_seen_s DESC"
      " LIMIT ?2) t JOIN observations o ON o.track = t.id ORDER BY o.quality DESC LIMIT 1");
  if (!found.ok()) return found.status();
  const Result<bool> row = found->bind(1, number).bind(2, kLatestTracks).step();
  if (!row.ok()) return row.status();
  return *row ? found->integer(0) : 0;
}

Result<ArchiveView::Details> ArchiveView::identity(int64_t number) {
  const std::lock_guard lock(mutex_);
  Result<Identity> identity = find_identity(number);
  if (!identity.ok()) return identity.status();
  Details details;
  details.identity = *std::move(identity);
  Result<SqliteStatement> counts = database_.prepare(
      "SELECT (SELECT count(*) FROM tracks WHERE identity = ?1),"
      " (SELECT count(*) FROM tracks t JOIN observations o ON o.track = t.id WHERE t.identity = "
      "?1),"
      " (SELECT count(*) FROM prototypes WHERE identity = ?1)");
  if (!counts.ok()) return counts.status();
  counts->bind(1, number);
  Status status = each(*counts, [&] {
    details.tracks = counts->integer(0);
    details.sightings = counts->integer(1);
    details.prototypes = counts->integer(2);
    return true;
  });
  if (!status.ok()) return status;
  Result<SqliteStatement> cameras =
      database_.prepare("SELECT " CAMERA
                        " AS camera, count(DISTINCT t.video), count(*) FROM tracks t"
                        " LEFT JOIN videos v ON v.id = t.video WHERE t.identity = ?1"
                        " GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT ?2");
  if (!cameras.ok()) return cameras.status();
  cameras->bind(1, number).bind(2, int64_t{kMostCameras});
  status = each(*cameras, [&] {
    details.cameras.push_back(
        {std::string(cameras->text(0)), cameras->integer(1), cameras->integer(2)});
    return true;
  });
  if (!status.ok()) return status;
  Result<int64_t> picture = identity_picture(number);
  if (!picture.ok()) return picture.status();
  details.picture = *picture;
  return details;
}

}  // namespace deepstack
