// Opting out: who asks for it is recognised in order to be left alone. A few views of him are kept
// as a template under a new number that nobody is told, and everything else is erased. A gallery
// that meets the template says nothing of an identity, learns nothing and keeps nothing of the
// track. Features vary from view to view, so no hash would know him again; whoever does not want
// even the template kept is to be erased instead, and will then be a stranger. One thread at a
// time.
#pragma once

#include <cstdint>

#include "core/store/editable_store.h"
#include "core/store/erasure.h"

namespace deepstack {

inline constexpr int64_t kMostOptOuts = 1000;

struct OptOutReceipt {
  int64_t number = 0;  // of the template, to withdraw it by
  ErasureReport erased;
};

// kInvalid: there are no views of him to know him by, or there are kMostOptOuts already.
Result<OptOutReceipt> opt_out(EditableStore& store, int64_t number);

// The template is erased as well. kNotFound: no template has that number.
Status withdraw_opt_out(EditableStore& store, int64_t number);

}  // namespace deepstack
