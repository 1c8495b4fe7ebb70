#include "core/store/identity_export.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/store/audit_log.h"
#include "core/store/identity_catalog.h"
#include "core/store/private_file.h"
#include "core/time/utc_time.h"

namespace deepstack {
namespace {

using Json = nlohmann::ordered_json;

// A tensor of the features file: a column of all rows of a query.
struct Tensor {
  const char* name;
  const char* type;
  size_t value_bytes;
  std::string column;
  std::string rows;            // FROM ... WHERE ... ORDER BY ..., with the identity as ?1
  std::vector<int64_t> shape;  // of a row
  int64_t count = 0;
};

std::string utc(double seconds) {
  constexpr double kLargest_s = 9e9;
  if (!(seconds >= 0 && seconds < kLargest_s)) return "";
  return to_rfc3339(static_cast<int64_t>(seconds * 1e9));
}

std::vector<Tensor> tensors_of(const FeatureShape& shape) {
  const std::string views = "FROM prototypes WHERE identity = ?1 ORDER BY seconds, id";
  const std::string looks =
      "FROM observations WHERE track IN (SELECT id FROM tracks WHERE identity = ?1) ORDER BY id";
  const std::string keys =
      "FROM observations WHERE tokens IS NOT NULL AND track IN "
      "(SELECT id FROM tracks WHERE identity = ?1) ORDER BY id";
  const std::vector<int64_t> tokens{shape.levels, shape.tokens(), shape.width};
  return {{"observations.gate", "F32", 4, "gate", looks, {shape.levels}},
          {"observations.levels", "F16", 2, "levels", looks, {shape.levels, shape.width}},
          {"observations.tokens", "F16", 2, "tokens", keys, tokens},
          {"prototypes.gate", "F32", 4, "gate", views, {shape.levels}},
          {"prototypes.tokens", "F16", 2, "tokens", views, tokens}};
}

uint64_t row_bytes(const Tensor& tensor) {
  uint64_t bytes = tensor.value_bytes;
  for (const int64_t size : tensor.shape) bytes *= static_cast<uint64_t>(size);
  return bytes;
}

Status count_rows(SqliteDatabase& database, int64_t number, Tensor& tensor) {
  Result<SqliteStatement> row =
      database.prepare("SELECT count(*) FROM (SELECT id " + tensor.rows + ")");
  if (!row.ok()) return row.status();
  row->bind(1, number);
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  tensor.count = row->integer(0);
  return {};
}

// The header of a safetensors file, padded so that what follows is aligned.
std::string header(const std::vector<Tensor>& tensors, const StoreModel& model) {
  Json entries{{"__metadata__", {{"model", to_string(model)}}}};
  uint64_t begin = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t end = begin + row_bytes(tensor) * static_cast<uint64_t>(tensor.count);
    std::vector<int64_t> shape{tensor.count};
    shape.insert(shape.end(), tensor.shape.begin(), tensor.shape.end());
    entries[tensor.name] = {
        {"dtype", tensor.type}, {"shape", shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string json = entries.dump(-1, ' ', false, Json::error_handler_t::replace);
  json.append((8 - json.size() % 8) % 8, ' ');
  std::string bytes;
  for (size_t i = 0; i < 8; ++i) {
    bytes += static_cast<char>(static_cast<uint64_t>(json.size()) >> (8 * i) & 0xFFU);
  }
  return bytes + json;
}

Status write_rows(SqliteDatabase& database, int64_t number, const Tensor& tensor,
                  PrivateFile& file) {
  Result<SqliteStatement> rows = database.prepare("SELECT " + tensor.column + " " + tensor.rows);
  if (!rows.ok()) return rows.status();
  rows->bind(1, number);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    if (rows->blob(0).size() != row_bytes(tensor)) {
      return corrupt(database.file() + ": a row of " + tensor.name + " has " +
                     std::to_string(rows->blob(0).size()) + " bytes, must have " +
                     std::to_string(row_bytes(tensor)));
    }
    if (Status status = file.write(rows->blob(0)); !status.ok()) return status;
  }
}

// A name that begins with # is of a whole number.
Result<Json> rows_as_json(SqliteDatabase& database, const std::string& sql, int64_t number,
                          const std::vector<const char*>& names) {
  Result<SqliteStatement> rows = database.prepare(sql);
  if (!rows.ok()) return rows.status();
  rows->bind(1, number);
  Json all = Json::array();
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return all;
    Json entry;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto column = static_cast<int>(i);
      if (names[i][0] == '#') {
        entry[names[i] + 1] = rows->integer(column);
      } else {
        entry[names[i]] = rows->real(column);
      }
    }
    all.push_back(std::move(entry));
  }
}

Result<Json> describe(StoreFile& store, const IdentityRecord& record) {
  SqliteDatabase& database = store.database;
  Json json{{"uuid", record.uuid},
            {"number", record.number},
            {"label", record.label},
            {"name", record.name},
            {"first_seen", record.first_seen_s},
            {"first_seen_utc", utc(record.first_seen_s)},
            {"last_seen", record.last_seen_s},
            {"last_seen_utc", utc(record.last_seen_s)},
            {"model", to_string(store.model)}};
  const Result<std::vector<TrackRecord>> tracks = tracks_of(store, record.number);
  if (!tracks.ok()) return tracks.status();
  json["tracks"] = Json::array();
  for (const TrackRecord& track : *tracks) {
    json["tracks"].push_back({{"id", track.id},
                              {"camera", track.source},
                              {"track", track.track},
                              {"first_seen", track.first_seen_s},
                              {"first_seen_utc", utc(track.first_seen_s)},
                              {"last_seen", track.last_seen_s},
                              {"last_seen_utc", utc(track.last_seen_s)}});
  }
  Result<Json> observations = rows_as_json(
      database,
      "SELECT track, seconds, x, y, width, height, score, quality, tokens IS NOT NULL "
      "FROM observations WHERE track IN (SELECT id FROM tracks WHERE identity = ?1) ORDER BY id",
      record.number,
      {"#track", "seconds", "x", "y", "width", "height", "score", "quality", "#key_view"});
  if (!observations.ok()) return observations;
  json["observations"] = *std::move(observations);
  Result<Json> views = rows_as_json(
      database, "SELECT seconds, quality FROM prototypes WHERE identity = ?1 ORDER BY seconds, id",
      record.number, {"seconds", "quality"});
  if (!views.ok()) return views;
  json["prototypes"] = *std::move(views);
  return json;
}

Status write_features(StoreFile& store, int64_t number, PrivateFile& file) {
  std::vector<Tensor> tensors = tensors_of(store.model.shape);
  for (Tensor& tensor : tensors) {
    if (Status status = count_rows(store.database, number, tensor); !status.ok()) return status;
  }
  Status status = file.write(header(tensors, store.model));
  for (const Tensor& tensor : tensors) {
    if (status.ok()) status = write_rows(store.database, number, tensor, file);
  }
  return status;
}

Result<ExportReport> write_files(StoreFile& store, int64_t number,
                                 const std::filesystem::path& file) {
  const Result<IdentityRecord> record = find_identity(store, std::to_string(number));
  if (!record.ok()) return record.status();
  ExportReport report{.json = file.string() + ".json",
                      .features = file.string() + ".safetensors",
                      .prototypes = record->prototypes,
                      .tracks = record->tracks,
                      .observations = record->observations};
  Result<PrivateFile> json = PrivateFile::create(report.json);
  if (!json.ok()) return json.status();
  Result<PrivateFile> features = PrivateFile::create(report.features);
  if (!features.ok()) return features.status();
  const Result<Json> described = describe(store, *record);
  if (!described.ok()) return described.status();
  Status status = write_features(store, record->number, *features);
  if (status.ok()) {
    status = json->write(described->dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  // Both or neither.
  if (status.ok()) status = json->flush();
  if (status.ok()) status = features->flush();
  if (!status.ok()) return status;
  json->keep();
  features->keep();
  return report;
}

}  // namespace

Result<ExportReport> export_identity(EditableStore& store, int64_t number,
                                     const std::filesystem::path& file) {
  SqliteDatabase& database = store.file.database;
  // One state of the store for all of it, whoever writes beside us.
  if (Status status = database.execute("BEGIN"); !status.ok()) return status;
  Result<ExportReport> report = write_files(store.file, number, file);
  const Status ended = database.execute("ROLLBACK");
  if (!report.ok()) return report;
  if (!ended.ok()) return ended;
  const Result<int64_t> told =
      add_audit_entry(database, {.editor = store.editor, .action = "export", .identity = number});
  if (!told.ok()) return told.status();
  return report;
}

}  // namespace deepstack
