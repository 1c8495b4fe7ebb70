// deepstack gallery list, show, audit: what a store knows, as JSON or as a table.
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "core/store/audit_log.h"
#include "core/store/edit_journal.h"
#include "core/store/editable_store.h"
#include "core/store/identity_catalog.h"
#include "pipelines/gallery/gallery_commands.h"
#include "pipelines/gallery/text_table.h"

namespace deepstack {
namespace {

using Json = nlohmann::ordered_json;

struct LookOptions {
  std::string store;
  std::string who;
  bool json = false;
  int64_t last = 100;
};

void print(const std::string& text) { std::printf("%s", text.c_str()); }
void print(const Json& json) {
  print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json as_json(const IdentityRecord& record) {
  return {{"uuid", printable(record.uuid)},     {"number", record.number},
          {"label", printable(record.label)},   {"name", name_text(record.name)},
          {"first_seen", record.first_seen_s},  {"last_seen", record.last_seen_s},
          {"prototypes", record.prototypes},    {"tracks", record.tracks},
          {"observations", record.observations}};
}

// Who opted out is in no list but that of the opt-outs.
Status list(const LookOptions& options) {
  Result<StoreFile> store = open_store_to_read(options.store);
  if (!store.ok()) return store.status();
  const Result<std::vector<IdentityRecord>> all = list_identities(*store);
  if (!all.ok()) return all.status();
  Json json = Json::array();
  TextTable table({"number", "uuid", "name", "label", "first seen (UTC)", "last seen (UTC)",
                   "views", "tracks"});
  for (const IdentityRecord& record : *all) {
    if (record.opted_out) continue;
    json.push_back(as_json(record));
    table.add({std::to_string(record.number), printable(record.uuid), name_text(record.name),
               printable(record.label), time_text(record.first_seen_s),
               time_text(record.last_seen_s), std::to_string(record.prototypes),
               std::to_string(record.tracks)});
  }
  options.json ? print(json) : print(table.text());
  return {};
}

Json as_json(const TrackRecord& track) {
  return {{"id", track.id},
          {"camera", printable(track.source)},
          {"track", track.track},
          {"first_seen", track.first_seen_s},
          {"last_seen", track.last_seen_s},
          {"observations", track.observations},
          {"key_views", track.key_views}};
}

void print_text(const IdentityRecord& record, const std::vector<TrackRecord>& tracks) {
  TextTable identity({"identity", std::to_string(record.number)});
  identity.add({"uuid", printable(record.uuid)});
  identity.add({"name", name_text(record.name)});
  identity.add({"label", printable(record.label)});
  identity.add({"first seen", time_text(record.first_seen_s) + " UTC"});
  identity.add({"last seen", time_text(record.last_seen_s) + " UTC"});
  identity.add({"views", std::to_string(record.prototypes)});
  print(identity.text());
  if (tracks.empty()) return;
  TextTable table(
      {"track id", "camera", "first seen (UTC)", "last seen (UTC)", "seen", "key views"});
  for (const TrackRecord& track : tracks) {
    table.add({std::to_string(track.id), printable(track.source), time_text(track.first_seen_s),
               time_text(track.last_seen_s), std::to_string(track.observations),
               std::to_string(track.key_views)});
  }
  print("\n" + table.text());
}

Status show(const LookOptions& options) {
  Result<StoreFile> store = open_store_to_read(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> record = find_identity(*store, options.who);
  if (!record.ok()) return record.status();
  const Result<std::vector<TrackRecord>> tracks = tracks_of(*store, record->number);
  if (!tracks.ok()) return tracks.status();
  if (!options.json) {
    print_text(*record, *tracks);
    return {};
  }
  Json json = as_json(*record);
  json["tracks"] = Json::array();
  for (const TrackRecord& track : *tracks) json["tracks"].push_back(as_json(track));
  print(json);
  return {};
}

std::string number_text(int64_t number) { return number == 0 ? "-" : std::to_string(number); }

Status audit(const LookOptions& options) {
  Result<StoreFile> store = open_store_to_read(options.store);
  if (!store.ok()) return store.status();
  const Result<std::vector<AuditEntry>> entries = read_audit_log(*store, options.last);
  if (!entries.ok()) return entries.status();
  Json json = Json::array();
  TextTable table({"entry", "when (UTC)", "who", "what", "identity", "other", "detail"});
  for (const AuditEntry& entry : *entries) {
    json.push_back({{"id", entry.id},
                    {"seconds", entry.seconds},
                    {"editor", printable(entry.editor)},
                    {"action", printable(entry.action)},
                    {"identity", entry.identity},
                    {"other", entry.other},
                    {"detail", printable(entry.detail)}});
    table.add({std::to_string(entry.id), time_text(entry.seconds), printable(entry.editor),
               printable(entry.action), number_text(entry.identity), number_text(entry.other),
               printable(entry.detail)});
  }
  options.json ? print(json) : print(table.text());
  return {};
}

}  // namespace

void add_look_commands(CLI::App& gallery, const ChosenCommand& chosen) {
  auto options = std::make_shared<LookOptions>();
  const auto add = [&](const char* name, const char* text, Status (*run)(const LookOptions&)) {
    CLI::App* command = gallery.add_subcommand(name, text);
    add_store_option(*command, options->store);
    command->add_flag("--json", options->json, "as JSON; times are UNIX seconds");
    command->callback([=] { *chosen = [=] { return run(*options); }; });
    return command;
  };
  add("list", "List the identities, the least recently seen first", list);
  add("show", "Show one identity with its tracks", show)
      ->add_option("identity", options->who, "UUID, its beginning, number or name")
      ->required();
  add("audit", "List who did what to the store, the latest first", audit)
      ->add_option("--last", options->last, "how many entries")
      ->check(CLI::Range(int64_t{1}, kMostAuditRows))
      ->capture_default_str();
}

}  // namespace deepstack
