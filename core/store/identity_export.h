// Everything that a store knows of one identity, for that person: FILE.json (who, when, where) and
// FILE.safetensors (the features). Both are readable by their owner only and never overwrite
// anything. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/store/editable_store.h"

namespace deepstack {

struct ExportReport {
  std::filesystem::path json;
  std::filesystem::path features;
  int64_t prototypes = 0;
  int64_t tracks = 0;
  int64_t observations = 0;
};

// file: without ending. kInvalid: one of the two exists. It is in the audit log.
Result<ExportReport> export_identity(EditableStore& store, int64_t number,
                                     const std::filesystem::path& file);

}  // namespace deepstack
