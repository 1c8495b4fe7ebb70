// Erasing an identity so that nothing is left of it: its rows with those of whoever was merged into
// it, its views, tracks and observations, what could undo edits of it, what is made from it in the
// store's folder, and the bytes of all of these in the database and its log. Success is said only
// after every file of the folder was searched for them. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/editable_store.h"

namespace deepstack {

struct ErasureReport {
  int64_t identities = 0;  // with those merged into it
  int64_t prototypes = 0;
  int64_t tracks = 0;
  int64_t observations = 0;
  int64_t edits = 0;  // that can no longer be undone
  int64_t files = 0;  // below derived_folders()
  int64_t lines = 0;  // of JSON-lines files, blanked
  uint64_t searched_bytes = 0;
  bool shared = false;  // somebody else has a view with the same bytes; that stays
};

// except: the number of whom views of it were given to on purpose; 0: nobody.
// kUnavailable: it is deleted, but another process still reads the store as it was before, so the
// bytes are in the log yet; finish_erasure() once that one is gone. kInternal: the bytes are still
// in the file that the message names.
Result<ErasureReport> erase_identity(EditableStore& store, int64_t number, int64_t except = 0);

// Carries what was deleted before out of the log. kUnavailable: somebody still reads.
Status finish_erasure(EditableStore& store);

}  // namespace deepstack
