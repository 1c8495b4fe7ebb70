// Out of memory as a Status: the adapter that stands where core is entered. Its message needs no
// memory of its own (std::string keeps 15 characters in itself).
#pragma once

#include <new>

#include "core/status.h"

namespace deepstack {

inline Status out_of_memory() { return {StatusCode::kExhausted, "out of memory"}; }

// What work() returns, a Status or Result<T>; out_of_memory() when an allocation in it fails.
template <typename Work>
auto unless_out_of_memory(const Work& work) -> decltype(work()) try {
  return work();
} catch (const std::bad_alloc&) {
  return out_of_memory();
}

}  // namespace deepstack
