// The edits that can still be undone. Each keeps what it changed as an SQLite changeset: whatever
// was seen since stays. At most kMostPendingEdits; the oldest are confirmed when there are more.
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/store/editable_store.h"

namespace deepstack {

inline constexpr int64_t kMostPendingEdits = 1000;

enum class EditAction { kName, kMerge, kSplit };

const char* to_string(EditAction action);

struct PendingEdit {
  int64_t edit = 0;
  double seconds = 0;  // when it was made
  std::string editor = {};
  std::string action = {};
  int64_t identity = 0;
  int64_t other = 0;  // merged into, or split off; 0: none
};

// The oldest first.
Result<std::vector<PendingEdit>> pending_edits(StoreFile& store);

// kNotFound: there is none (any more). kInvalid: a later edit of the same identity stands on it,
// and is to be undone first.
Status undo_edit(EditableStore& store, int64_t edit);

// It stays as it is, and what undoing it would take is forgotten.
Status confirm_edit(EditableStore& store, int64_t edit);

// For identity_edits: runs `change` in a transaction and keeps it as an edit. It returns the second
// identity concerned, or 0. The edit's number.
Result<int64_t> make_edit(EditableStore& store, EditAction action, int64_t identity,
                          const std::function<Result<int64_t>()>& change);

}  // namespace deepstack
