#include "core/store/identity_edits.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/identity/uuid.h"
#include "core/printable.h"
#include "core/store/edit_journal.h"
#include "core/store/identity_catalog.h"
#include "core/store/identity_name.h"
#include "core/store/kept_views.h"

namespace deepstack {
namespace {

Status no_identity(const EditableStore& store, int64_t number) {
  return not_found(store.file.database.file() + ": no identity " + std::to_string(number));
}

// Somebody who may be edited: known, not merged into another, and not one who is left alone.
Result<IdentityRecord> editable(EditableStore& store, int64_t number) {
  Result<IdentityRecord> record = find_identity(store.file, std::to_string(number));
  if (!record.ok()) return record;
  if (record->number != number) return no_identity(store, number);
  if (record->opted_out) {
    return invalid(store.file.database.file() + ": identity " + std::to_string(number) +
                   " is somebody who opted out; all that can be done is to withdraw that");
  }
  return record;
}

Result<EditReceipt> receipt(const Result<int64_t>& edit, int64_t identity) {
  if (!edit.ok()) return edit.status();
  return EditReceipt{*edit, identity};
}

Status move_rows(SqliteDatabase& database, int64_t from, int64_t into) {
  Status status =
      database.run("UPDATE tracks SET identity = ? WHERE identity = ?", into, from).status();
  if (!status.ok()) return status;
  status = database
               .run("UPDATE identities SET merged_into = ? WHERE merged_into = ? OR number = ?",
                    into, from, from)
               .status();
  if (!status.ok()) return status;
  return database
      .run(
          "UPDATE identities SET name = CASE WHEN identities.name = '' THEN source.name ELSE "
          "identities.name "
          "END, first_seen_s = min(identities.first_seen_s, source.first_seen_s), "
          "last_seen_s = max(identities.last_seen_s, source.last_seen_s) "
          "FROM (SELECT name, first_seen_s, last_seen_s FROM identities WHERE number = ?) AS "
          "source "
          "WHERE identities.number = ?",
          from, into)
      .status();
}

Result<int64_t> new_identity(SqliteDatabase& database, const std::string& label) {
  Status status = database.run("UPDATE meta SET last_number = last_number + 1").status();
  if (!status.ok()) return status;
  const Result<int64_t> number = database.integer("SELECT last_number FROM meta");
  if (!number.ok()) return number;
  const std::string uuid = random_uuid();
  const Result<int64_t> added = database.run(
      "INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s) VALUES(?, ?, ?, 0, "
      "0)",
      *number, std::string_view(uuid), std::string_view(label));
  if (!added.ok()) return added;
  return number;
}

// First and last sighting as the tracks say.
Status set_times(SqliteDatabase& database, int64_t number) {
  return database
      .run(
          "UPDATE identities SET first_seen_s = times.first, last_seen_s = times.last FROM "
          "(SELECT min(first_seen_s) AS first, max(last_seen_s) AS last FROM tracks "
          "WHERE identity = ?1) AS times WHERE number = ?1 AND times.first IS NOT NULL",
          number)
      .status();
}

// Views that were kept while one of the split tracks was in view, and none that stays.
bool is_of_split(double seconds, const std::vector<TrackRecord>& tracks,
                 const std::set<int64_t>& split) {
  bool within = false;
  for (const TrackRecord& track : tracks) {
    if (seconds < track.first_seen_s || seconds > track.last_seen_s) continue;
    if (!split.contains(track.id)) return false;
    within = true;
  }
  return within;
}

Status check_split(const EditableStore& store, int64_t number,
                   const std::vector<TrackRecord>& tracks, const std::set<int64_t>& split) {
  const std::string whose = " of identity " + std::to_string(number);
  for (const int64_t id : split) {
    const bool is_its = std::any_of(tracks.begin(), tracks.end(),
                                    [&](const TrackRecord& track) { return track.id == id; });
    if (!is_its) {
      return invalid(store.file.database.file() + ": track " + std::to_string(id) + " is none" +
                     whose);
    }
  }
  if (split.empty())
    return invalid(store.file.database.file() + ": no track" + whose + " is named");
  if (split.size() < tracks.size()) return {};
  return invalid(store.file.database.file() + ": these are all " + std::to_string(tracks.size()) +
                 " tracks" + whose + "; at least one must stay with it");
}

Result<int64_t> split_off(EditableStore& store, const IdentityRecord& identity,
                          const std::vector<TrackRecord>& tracks, const std::set<int64_t>& split) {
  SqliteDatabase& database = store.file.database;
  const Result<int64_t> number = new_identity(database, identity.label);
  if (!number.ok()) return number;
  for (const int64_t id : split) {
    const Result<int64_t> moved =
        database.run("UPDATE tracks SET identity = ? WHERE id = ?", *number, id);
    if (!moved.ok()) return moved;
  }
  for (const int64_t each : {identity.number, *number}) {
    if (Status status = set_times(database, each); !status.ok()) return status;
  }
  Status status = move_views(store.file, identity.number, *number,
                             [&](double seconds) { return is_of_split(seconds, tracks, split); });
  if (status.ok()) status = keep_views_of_tracks(store.file, *number);
  if (!status.ok()) return status;
  return number;
}

}  // namespace

Result<EditReceipt> name_identity(EditableStore& store, int64_t number, const std::string& name) {
  if (Status status = check_name(name); !status.ok()) return status;
  const Result<IdentityRecord> record = editable(store, number);
  if (!record.ok()) return record.status();
  return receipt(make_edit(store, EditAction::kName, number,
                           [&]() -> Result<int64_t> {
                             const Result<int64_t> named = store.file.database.run(
                                 "UPDATE identities SET name = ? WHERE number = ?",
                                 std::string_view(name), number);
                             if (!named.ok()) return named;
                             return int64_t{0};
                           }),
                 number);
}

Result<EditReceipt> merge_identities(EditableStore& store, int64_t from, int64_t into) {
  const std::string& file = store.file.database.file();
  if (from == into) {
    return invalid(file + ": identity " + std::to_string(from) + " cannot be merged with itself");
  }
  const Result<IdentityRecord> source = editable(store, from);
  if (!source.ok()) return source.status();
  const Result<IdentityRecord> target = editable(store, into);
  if (!target.ok()) return target.status();
  if (source->label != target->label) {
    return invalid(file + ": identity " + std::to_string(from) + " is a '" +
                   printable(source->label) + "', identity " + std::to_string(into) + " a '" +
                   printable(target->label) + "'; they cannot be one");
  }
  return receipt(make_edit(store, EditAction::kMerge, from,
                           [&]() -> Result<int64_t> {
                             Status status =
                                 move_views(store.file, from, into, [](double) { return true; });
                             if (status.ok()) status = leave_most_diverse(store.file, into);
                             if (status.ok()) status = move_rows(store.file.database, from, into);
                             if (!status.ok()) return status;
                             return into;
                           }),
                 into);
}

Result<EditReceipt> split_identity(EditableStore& store, int64_t number,
                                   std::span<const int64_t> tracks) {
  const Result<IdentityRecord> record = editable(store, number);
  if (!record.ok()) return record.status();
  const Result<std::vector<TrackRecord>> all = tracks_of(store.file, number);
  if (!all.ok()) return all.status();
  const std::set<int64_t> split(tracks.begin(), tracks.end());
  if (Status status = check_split(store, number, *all, split); !status.ok()) return status;
  int64_t made = 0;
  const Result<int64_t> edit = make_edit(store, EditAction::kSplit, number, [&]() {
    const Result<int64_t> result = split_off(store, *record, *all, split);
    if (result.ok()) made = *result;
    return result;
  });
  return receipt(edit, made);
}

}  // namespace deepstack
