// Refusal: why a request is not served, as HTTP says it.
#pragma once

#include <string>

namespace deepstack {

struct Refusal {
  int status = 400;
  std::string error;  // one line for a person
};

}  // namespace deepstack
