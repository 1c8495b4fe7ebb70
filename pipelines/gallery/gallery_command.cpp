// deepstack gallery: who is known in a gallery that was kept, and what may be done about it.
#include <memory>

#include "pipelines/gallery/gallery_commands.h"

namespace deepstack {

void add_store_option(CLI::App& command, std::string& store) {
  command.add_option("--store", store, "folder, as given to gallery-location")->required();
}

Command add_gallery_command(CLI::App& app) {
  auto chosen = std::make_shared<Command>();
  CLI::App* gallery = app.add_subcommand("gallery", "Look at a gallery that was kept, and edit it");
  gallery->require_subcommand(1);
  add_look_commands(*gallery, chosen);
  add_edit_commands(*gallery, chosen);
  add_privacy_commands(*gallery, chosen);
  return [chosen] { return (*chosen)(); };
}

}  // namespace deepstack
