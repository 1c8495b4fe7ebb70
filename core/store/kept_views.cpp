#include "core/store/kept_views.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/identity/gallery.h"
#include "core/identity/half_tokens.h"

namespace deepstack {
namespace {

constexpr int64_t kMostKeyViews = 64;

template <typename T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy_n(bytes.begin(), values.size() * sizeof(T),
              std::as_writable_bytes(std::span(values)).begin());
  return values;
}

// Rows of id, seconds, quality, gate, tokens.
Result<std::vector<Prototype>> read_views(StoreFile& store, SqliteStatement& rows) {
  const FeatureShape& shape = store.model.shape;
  std::vector<Prototype> views;
  for (;;) {
    const Result<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return views;
    Prototype view{.id = rows.integer(0),
                   .tokens = values_of<uint16_t>(rows.blob(4)),
                   .gate = values_of<float>(rows.blob(3)),
                   .seconds = rows.real(1),
                   .quality = static_cast<float>(rows.real(2))};
    if (view.tokens.size() != shape.tokens_size() ||
        view.gate.size() != static_cast<size_t>(shape.levels)) {
      return corrupt(store.database.file() + ": view " + std::to_string(view.id) + " has " +
                     std::to_string(view.tokens.size()) + " values, must have " +
                     std::to_string(shape.tokens_size()));
    }
    views.push_back(std::move(view));
  }
}

Result<std::vector<Prototype>> kept_views_of(StoreFile& store, int64_t number) {
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT id, seconds, quality, gate, tokens FROM prototypes WHERE identity = ?1 "
      "ORDER BY seconds, id");
  if (!rows.ok()) return rows.status();
  rows->bind(1, number);
  return read_views(store, *rows);
}

Result<std::vector<Prototype>> key_views_of(StoreFile& store, int64_t number) {
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT id, seconds, quality, gate, tokens FROM observations WHERE tokens IS NOT NULL AND "
      "track IN (SELECT id FROM tracks WHERE identity = ?1) ORDER BY quality DESC, id LIMIT ?2");
  if (!rows.ok()) return rows.status();
  rows->bind(1, number).bind(2, kMostKeyViews);
  Result<std::vector<Prototype>> views = read_views(store, *rows);
  if (!views.ok()) return views;
  std::sort(views->begin(), views->end(), [](const Prototype& a, const Prototype& b) {
    return std::pair(a.seconds, a.id) < std::pair(b.seconds, b.id);
  });
  return views;
}

// A gallery without limits: only its choice of views is wanted.
class Chooser {
 public:
  explicit Chooser(const FeatureShape& shape)
      : matcher_(shape, MatchParameters{}), gallery_({INT64_MAX, 1e18}, matcher_) {}
  Gallery* operator->() { return &gallery_; }

 private:
  const Matcher matcher_;
  Gallery gallery_;
};

Identity someone(int64_t number, std::vector<Prototype> views) {
  return {.uuid = {},
          .number = number,
          .label = {},
          .first_seen_s = 0,
          .last_seen_s = 0,
          .prototypes = std::move(views)};
}

Status write_view(StoreFile& store, int64_t number, const Prototype& view) {
  return store.database
      .run(
          "INSERT INTO prototypes(id, identity, seconds, quality, gate, tokens) "
          "VALUES(?, ?, ?, ?, ?, ?)",
          view.id, number, view.seconds, double{view.quality}, std::as_bytes(std::span(view.gate)),
          std::as_bytes(std::span(view.tokens)))
      .status();
}

// The store keeps of the identity what the gallery has of it: others go, new ones come.
Status keep_only(StoreFile& store, int64_t number, const std::vector<Prototype>& before,
                 const std::vector<Prototype>& chosen) {
  std::set<int64_t> old;
  for (const Prototype& view : before) old.insert(view.id);
  int64_t last = 0;
  for (const Prototype& view : chosen) {
    last = std::max(last, view.id);
    if (old.erase(view.id) != 0) continue;
    if (Status status = write_view(store, number, view); !status.ok()) return status;
  }
  for (const int64_t id : old) {
    Status status = store.database.run("DELETE FROM prototypes WHERE id = ?", id).status();
    if (!status.ok()) return status;
  }
  return store.database.run("UPDATE meta SET last_prototype = max(last_prototype, ?)", last)
      .status();
}

}  // namespace

Status move_views(StoreFile& store, int64_t from, int64_t into,
                  const std::function<bool(double seconds)>& which) {
  Result<SqliteStatement> rows =
      store.database.prepare("SELECT id, seconds FROM prototypes WHERE identity = ?1");
  if (!rows.ok()) return rows.status();
  rows->bind(1, from);
  std::vector<int64_t> moved;
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    if (which(rows->real(1))) moved.push_back(rows->integer(0));
  }
  for (const int64_t id : moved) {
    Status status =
        store.database.run("UPDATE prototypes SET identity = ? WHERE id = ?", into, id).status();
    if (!status.ok()) return status;
  }
  return {};
}

Status leave_most_diverse(StoreFile& store, int64_t number) {
  const Result<std::vector<Prototype>> views = kept_views_of(store, number);
  if (!views.ok()) return views.status();
  if (views->size() <= Gallery::kMaxPrototypes) return {};
  // A gallery chooses when two become one.
  Chooser gallery(store.model.shape);
  gallery->restore(someone(1, {views->begin(), views->end() - 1}));
  gallery->restore(someone(2, {views->back()}));
  gallery->merge(2, 1);
  return keep_only(store, number, *views, gallery->find(1)->prototypes);
}

Status keep_views_of_tracks(StoreFile& store, int64_t number) {
  const Result<std::vector<Prototype>> kept = kept_views_of(store, number);
  if (!kept.ok()) return kept.status();
  const Result<std::vector<Prototype>> keys = key_views_of(store, number);
  if (!keys.ok()) return keys.status();
  const Result<int64_t> last = store.database.integer("SELECT last_prototype FROM meta");
  if (!last.ok()) return last.status();
  Chooser gallery(store.model.shape);
  gallery->reserve_prototypes(*last);
  gallery->restore(someone(1, *kept));
  for (const Prototype& key : *keys) {
    Appearance view{.tokens = std::vector<float>(key.tokens.size()),
                    .gate = key.gate,
                    .seconds = key.seconds,
                    .quality = key.quality};
    to_float(key.tokens, view.tokens.data());
    gallery->learn(1, view, 0);
  }
  return keep_only(store, number, *kept, gallery->find(1)->prototypes);
}

}  // namespace deepstack
