// deepstack gallery export, erase, retention, optout: what a person may ask for (PRIVACY.md).
#include <cstdio>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "core/store/audit_log.h"
#include "core/store/erasure.h"
#include "core/store/identity_catalog.h"
#include "core/store/identity_export.h"
#include "core/store/opt_out.h"
#include "core/store/retention.h"
#include "pipelines/gallery/gallery_commands.h"
#include "pipelines/gallery/text_table.h"

namespace deepstack {
namespace {

struct PrivacyOptions {
  std::string store;
  std::string who;
  std::string output;
  bool finish = false;
  std::optional<double> ttl_s;
  std::optional<double> set_s;
  bool unset = false;
  bool apply = false;
  bool json = false;
  int64_t number = 0;
};

long long whole(int64_t number) { return number; }

Status export_one(const PrivacyOptions& options) {
  Result<EditableStore> store = EditableStore::open_beside_writer(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> record = find_identity(store->file, options.who);
  if (!record.ok()) return record.status();
  const Result<ExportReport> report = export_identity(*store, record->number, options.output);
  if (!report.ok()) return report.status();
  std::printf("identity %lld: %lld views, %lld tracks, %lld observations in %s and %s\n",
              whole(record->number), whole(report->prototypes), whole(report->tracks),
              whole(report->observations), report->json.c_str(), report->features.c_str());
  return {};
}

void print(const ErasureReport& report) {
  std::printf(
      "%lld views, %lld tracks, %lld observations, %lld edits, %lld files, %lld lines of "
      "events\n%.1f MB in all files of the store searched: nothing is left\n",
      whole(report.prototypes), whole(report.tracks), whole(report.observations),
      whole(report.edits), whole(report.files), whole(report.lines),
      static_cast<double>(report.searched_bytes) / 1e6);
  if (report.shared) std::printf("somebody else has a view with the same bytes, which stays\n");
}

Status erase(const PrivacyOptions& options) {
  if (options.finish == !options.who.empty()) {
    return invalid("erase: name an identity, or give --finish alone");
  }
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  if (options.finish) {
    if (Status status = finish_erasure(*store); !status.ok()) return status;
    std::printf("what was deleted is out of the log\n");
    return {};
  }
  const Result<IdentityRecord> record = find_identity(store->file, options.who);
  if (!record.ok()) return record.status();
  const Result<ErasureReport> report = erase_identity(*store, record->number);
  if (!report.ok()) return report.status();
  std::printf("identity %lld is erased: ", whole(record->number));
  print(*report);
  return {};
}

void print(const RetentionReport& report, double ttl_s, bool applied, bool json) {
  if (json) {
    nlohmann::ordered_json all{{"ttl_s", ttl_s},
                               {"applied", applied},
                               {"identities", report.identities},
                               {"prototypes", report.prototypes},
                               {"tracks", report.tracks},
                               {"observations", report.observations},
                               {"edits", report.edits}};
    all["next"] = report.next_s ? nlohmann::ordered_json(*report.next_s) : nullptr;
    std::printf("%s\n", all.dump().c_str());
    return;
  }
  std::printf(
      "kept for %.1f hours after the last sighting; %s: %lld identities with %lld views, "
      "%lld tracks with %lld observations, %lld edits that could be undone\n",
      ttl_s / 3600, applied ? "gone" : "due to go", whole(report.identities),
      whole(report.prototypes), whole(report.tracks), whole(report.observations),
      whole(report.edits));
  if (report.next_s) std::printf("next: %s UTC\n", time_text(*report.next_s).c_str());
}

Status set_retention(const PrivacyOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  if (Status status = set_stored_retention_s(store->file, options.set_s); !status.ok()) {
    return status;
  }
  const std::string what =
      options.set_s ? std::to_string(static_cast<int64_t>(*options.set_s)) + " s" : "none";
  const Result<int64_t> told = add_audit_entry(
      store->file.database, {.editor = store->editor, .action = "set retention", .detail = what});
  if (!told.ok()) return told.status();
  std::printf("retention of the store: %s\n", what.c_str());
  return {};
}

Status retention(const PrivacyOptions& options) {
  if (options.set_s || options.unset) return set_retention(options);
  Result<StoreFile> looked_at = open_store_to_read(options.store);
  if (!looked_at.ok()) return looked_at.status();
  const Result<std::optional<double>> stored_s = stored_retention_s(*looked_at);
  if (!stored_s.ok()) return stored_s.status();
  const double ttl_s = options.ttl_s.value_or(stored_s->value_or(kDefaultRetention_s));
  if (!options.apply) {
    const Result<RetentionReport> due = due_for_removal(*looked_at, ttl_s, now_unix_s());
    if (!due.ok()) return due.status();
    print(*due, ttl_s, false, options.json);
    return {};
  }
  looked_at = Status(StatusCode::kCancelled, "closed");  // a reader would be in the way
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  const Result<RetentionReport> gone = apply_retention(store->file, ttl_s, now_unix_s());
  if (!gone.ok()) return gone.status();
  if (Status status = finish_erasure(*store); !status.ok()) return status;
  print(*gone, ttl_s, true, options.json);
  return {};
}

Status list_opt_outs(const PrivacyOptions& options) {
  Result<StoreFile> store = open_store_to_read(options.store);
  if (!store.ok()) return store.status();
  const Result<std::vector<IdentityRecord>> all = list_identities(*store);
  if (!all.ok()) return all.status();
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  TextTable table({"number", "label", "since (UTC)", "views"});
  for (const IdentityRecord& record : *all) {
    if (!record.opted_out) continue;
    json.push_back({{"number", record.number},
                    {"label", printable(record.label)},
                    {"since", record.first_seen_s},
                    {"prototypes", record.prototypes}});
    table.add({std::to_string(record.number), printable(record.label),
               time_text(record.first_seen_s), std::to_string(record.prototypes)});
  }
  std::printf("%s", options.json ? (json.dump() + "\n").c_str() : table.text().c_str());
  return {};
}

Status add_opt_out(const PrivacyOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> record = find_identity(store->file, options.who);
  if (!record.ok()) return record.status();
  const Result<OptOutReceipt> receipt = opt_out(*store, record->number);
  if (!receipt.ok()) return receipt.status();
  std::printf("identity %lld is left alone from now on, by template %lld; erased: ",
              whole(record->number), whole(receipt->number));
  print(receipt->erased);
  return {};
}

Status withdraw(const PrivacyOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  if (Status status = withdraw_opt_out(*store, options.number); !status.ok()) return status;
  std::printf("template %lld is erased\n", whole(options.number));
  return {};
}

CLI::AsNumberWithUnit seconds_with_unit() {
  return CLI::AsNumberWithUnit(
      std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}},
      CLI::AsNumberWithUnit::UNIT_OPTIONAL, "TIME");
}

void add_retention_options(CLI::App& command, PrivacyOptions& options) {
  command
      .add_option("--ttl", options.ttl_s,
                  "seconds since the last sighting, or like 12h, 30d; by "
                  "default what was set, else 72h")
      ->transform(seconds_with_unit());
  command.add_flag("--apply", options.apply, "remove it now");
  CLI::Option* set =
      command.add_option("--set", options.set_s, "let the store keep to this whoever writes to it")
          ->transform(seconds_with_unit());
  command.add_flag("--unset", options.unset, "keep what no gallery-ttl ends")->excludes(set);
  command.add_flag("--json", options.json, "as JSON; times are UNIX seconds");
}

}  // namespace

void add_privacy_commands(CLI::App& gallery, const ChosenCommand& chosen) {
  auto options = std::make_shared<PrivacyOptions>();
  const auto add = [&](CLI::App& to, const char* name, const char* text,
                       Status (*run)(const PrivacyOptions&)) {
    CLI::App* command = to.add_subcommand(name, text);
    add_store_option(*command, options->store);
    command->callback([=] { *chosen = [=] { return run(*options); }; });
    return command;
  };
  const std::string who = "UUID, its beginning, number or name";
  CLI::App* command =
      add(gallery, "export", "Write down all that is known of an identity", export_one);
  command->add_option("identity", options->who, who)->required();
  command->add_option("--output", options->output, "makes FILE.json and FILE.safetensors")
      ->required();
  command = add(gallery, "erase", "Erase an identity, so that no byte of it is left", erase);
  command->add_option("identity", options->who, who);
  command->add_flag("--finish", options->finish,
                    "finish an erasure that a reader was in the way of");
  command = add(gallery, "retention", "Say what is due to go by its age, or let it go", retention);
  add_retention_options(*command, *options);
  CLI::App* optout = gallery.add_subcommand("optout", "Who is recognised to be left alone");
  optout->require_subcommand(1);
  add(*optout, "add", "Erase an identity but for a template to leave it alone by", add_opt_out)
      ->add_option("identity", options->who, who)
      ->required();
  add(*optout, "list", "List the templates", list_opt_outs)
      ->add_flag("--json", options->json, "as JSON");
  add(*optout, "withdraw", "Erase a template", withdraw)
      ->add_option("number", options->number)
      ->required();
}

}  // namespace deepstack
