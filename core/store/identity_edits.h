// What a person may correct about identities: give a name, say that two are one, say that one is
// two. Every edit is one transaction, is in the audit log, tells no event, and can be undone until
// it is confirmed (edit_journal.h). One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/store/editable_store.h"

namespace deepstack {

struct EditReceipt {
  int64_t edit = 0;      // for undo_edit() and confirm_edit()
  int64_t identity = 0;  // where what was edited is now: named, merged into, split off
};

// name: as check_name() wants it (identity_name.h); "" takes it away.
Result<EditReceipt> name_identity(EditableStore& store, int64_t number, const std::string& name);

// Tracks, observations and views of `from` become those of `into`, which keeps its name if it has
// one; the UUID of `from` goes on to mean `into`. kInvalid: both are one, or of two labels.
Result<EditReceipt> merge_identities(EditableStore& store, int64_t from, int64_t into);

// These tracks (TrackRecord::id) become a new identity, with the views that fall into them; what is
// kept of it is made anew from their key views where they have any. kInvalid: a track is not of
// this identity, or none would be left to it.
Result<EditReceipt> split_identity(EditableStore& store, int64_t number,
                                   std::span<const int64_t> tracks);

}  // namespace deepstack
