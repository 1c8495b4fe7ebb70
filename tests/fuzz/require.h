// require(): a fact that holds for every input of a fuzz target; it stops the target when it does
// not.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "core/status.h"

namespace deepstack::test {

inline void require(bool holds, const char* fact) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", fact);
  std::abort();
}

// Messages are one short printable line, whatever the input is.
inline void require_clear(const Status& status, StatusCode code) {
  require(status.code() == code, "the code is right");
  require(!status.message().empty() && status.message().size() <= 500, "the message is short");
  for (const char c : status.message()) require(c >= ' ' && c <= '~', "the message is printable");
}

}  // namespace deepstack::test
