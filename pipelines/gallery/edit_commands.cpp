// deepstack gallery name, merge, split, edits, undo, confirm: what a person corrects.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "core/store/edit_journal.h"
#include "core/store/identity_catalog.h"
#include "core/store/identity_edits.h"
#include "pipelines/gallery/gallery_commands.h"
#include "pipelines/gallery/text_table.h"

namespace deepstack {
namespace {

struct EditOptions {
  std::string store;
  std::string who;
  std::string into;
  std::string name;
  std::vector<int64_t> tracks;
  int64_t edit = 0;
  bool confirm = false;
  bool json = false;
};

// Confirmed at once if that is wanted; else how to take it back is said.
Status finish(EditableStore& store, const EditOptions& options, const Result<EditReceipt>& receipt,
              const std::string& done) {
  if (!receipt.ok()) return receipt.status();
  if (options.confirm) {
    if (Status status = confirm_edit(store, receipt->edit); !status.ok()) return status;
    std::printf("%s\n", done.c_str());
    return {};
  }
  std::printf(
      "%s; edit %lld: `deepstack gallery undo %lld --store ...` takes it back, `confirm` "
      "makes it final\n",
      done.c_str(), static_cast<long long>(receipt->edit), static_cast<long long>(receipt->edit));
  return {};
}

std::string called(const IdentityRecord& record) {
  return "identity " + std::to_string(record.number);
}

Status name(const EditOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> record = find_identity(store->file, options.who);
  if (!record.ok()) return record.status();
  return finish(*store, options, name_identity(*store, record->number, options.name),
                options.name.empty() ? called(*record) + " has no name now"
                                     : called(*record) + " is now " + name_text(options.name));
}

Status merge(const EditOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> from = find_identity(store->file, options.who);
  if (!from.ok()) return from.status();
  const Result<IdentityRecord> into = find_identity(store->file, options.into);
  if (!into.ok()) return into.status();
  return finish(*store, options, merge_identities(*store, from->number, into->number),
                called(*from) + " is now " + called(*into));
}

Status split(const EditOptions& options) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  const Result<IdentityRecord> record = find_identity(store->file, options.who);
  if (!record.ok()) return record.status();
  const Result<EditReceipt> receipt = split_identity(*store, record->number, options.tracks);
  return finish(*store, options, receipt,
                receipt.ok()
                    ? std::to_string(options.tracks.size()) + " tracks of " + called(*record) +
                          " are now identity " + std::to_string(receipt->identity)
                    : "");
}

Status edits(const EditOptions& options) {
  Result<StoreFile> store = open_store_to_read(options.store);
  if (!store.ok()) return store.status();
  const Result<std::vector<PendingEdit>> pending = pending_edits(*store);
  if (!pending.ok()) return pending.status();
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  TextTable table({"edit", "when (UTC)", "who", "what", "identity", "other"});
  for (const PendingEdit& edit : *pending) {
    json.push_back({{"edit", edit.edit},
                    {"seconds", edit.seconds},
                    {"editor", printable(edit.editor)},
                    {"action", printable(edit.action)},
                    {"identity", edit.identity},
                    {"other", edit.other}});
    table.add({std::to_string(edit.edit), time_text(edit.seconds), printable(edit.editor),
               printable(edit.action), std::to_string(edit.identity),
               edit.other == 0 ? "-" : std::to_string(edit.other)});
  }
  std::printf("%s", options.json ? (json.dump() + "\n").c_str() : table.text().c_str());
  return {};
}

Status end_edit(const EditOptions& options, Status (*end)(EditableStore&, int64_t),
                const char* done) {
  Result<EditableStore> store = EditableStore::open(options.store);
  if (!store.ok()) return store.status();
  if (Status status = end(*store, options.edit); !status.ok()) return status;
  std::printf("edit %lld is %s\n", static_cast<long long>(options.edit), done);
  return {};
}

Status undo(const EditOptions& options) { return end_edit(options, undo_edit, "undone"); }
Status confirm(const EditOptions& options) { return end_edit(options, confirm_edit, "final"); }

}  // namespace

void add_edit_commands(CLI::App& gallery, const ChosenCommand& chosen) {
  auto options = std::make_shared<EditOptions>();
  const auto add = [&](const char* called, const char* text, Status (*run)(const EditOptions&)) {
    CLI::App* command = gallery.add_subcommand(called, text);
    add_store_option(*command, options->store);
    command->callback([=] { *chosen = [=] { return run(*options); }; });
    return command;
  };
  const auto add_edit = [&](const char* called, const char* text,
                            Status (*run)(const EditOptions&)) {
    CLI::App* command = add(called, text, run);
    command->add_flag("--confirm", options->confirm, "make it final at once");
    command->add_option("identity", options->who, "UUID, its beginning, number or name")
        ->required();
    return command;
  };
  add_edit("name", "Give an identity a name; an empty one takes it away", name)
      ->add_option("name", options->name, "at most 80 characters")
      ->required();
  add_edit("merge", "Say that an identity is another one", merge)
      ->add_option("--into", options->into, "the other one, which stays")
      ->required();
  add_edit("split", "Make a new identity of some tracks of one", split)
      ->add_option("--tracks", options->tracks, "track ids, as `show` lists them")
      ->required()
      ->delimiter(',');
  add("edits", "List the edits that can still be undone", edits)
      ->add_flag("--json", options->json, "as JSON; times are UNIX seconds");
  add("undo", "Take an edit back", undo)->add_option("edit", options->edit)->required();
  add("confirm", "Make an edit final", confirm)->add_option("edit", options->edit)->required();
}

}  // namespace deepstack
