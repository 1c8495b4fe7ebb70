// EditableStore: a store that a person changes: whom it knows, by which name, and for how long.
// Whatever its model is. Holds the lock of who writes, so that neither an element nor a program
// learns into it meanwhile; open it for one change and let it go. One thread at a time.
#pragma once

#include <filesystem>
#include <string>

#include "core/store/store_file.h"

namespace deepstack {

struct EditableStore {
  // editor: who the audit log says it was; printable, at most 64 bytes. kNotFound: there is no
  // store. kUnavailable: somebody writes to it; the message names the process.
  static Result<EditableStore> open(const std::filesystem::path& folder,
                                    const std::string& editor = this_editor());

  // Without the lock, beside whoever writes: to read, and to write into the audit log.
  static Result<EditableStore> open_beside_writer(const std::filesystem::path& folder,
                                                  const std::string& editor = this_editor());

  // The user that this process runs as.
  static std::string this_editor();

  StoreFile file;
  std::filesystem::path folder;
  std::string editor;
};

// The same for looking only; beside a writer, too. kNotFound, or what is wrong with it.
Result<StoreFile> open_store_to_read(const std::filesystem::path& folder);

}  // namespace deepstack
