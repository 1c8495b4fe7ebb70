// deepstack gallery list: who is known in a gallery that was kept, as JSON or as a table.
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "core/store/identity_store.h"
#include "pipelines/command.h"

namespace deepstack {
namespace {

struct ListOptions {
  std::string store;
  bool json = false;
};

Status list(const ListOptions& options) {
  Result<IdentityStore> store = IdentityStore::open(options.store);
  if (!store.ok()) return store.status();
  // Printed when all of it was read: an array that ends half-way is none.
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  Status status = store->read([&](const Identity& identity) {
    all.push_back({{"uuid", identity.uuid},
                   {"number", identity.number},
                   {"label", printable(identity.label)},
                   {"first_seen", identity.first_seen_s},
                   {"last_seen", identity.last_seen_s},
                   {"prototypes", identity.prototypes.size()}});
  });
  if (!status.ok()) return status;
  if (options.json) {
    std::printf("%s\n", all.dump().c_str());
    return {};
  }
  std::printf("%-36s %8s %-12s %16s %16s %5s\n", "uuid", "number", "label", "first seen",
              "last seen", "views");
  for (const auto& identity : all) {
    std::printf("%-36s %8lld %-12s %16.3f %16.3f %5d\n",
                identity["uuid"].get<std::string>().c_str(), identity["number"].get<long long>(),
                identity["label"].get<std::string>().c_str(), identity["first_seen"].get<double>(),
                identity["last_seen"].get<double>(), identity["prototypes"].get<int>());
  }
  return {};
}

}  // namespace

Command add_gallery_command(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = app.add_subcommand("gallery", "Look at a gallery that was kept");
  command->require_subcommand(1);
  CLI::App* list_command =
      command->add_subcommand("list", "List the identities, the least recently seen first");
  list_command->add_option("--store", options->store, "folder, as given to gallery-location")
      ->required();
  list_command->add_flag("--json", options->json, "one JSON array; times are UNIX seconds");
  return [options] { return list(*options); };
}

}  // namespace deepstack
