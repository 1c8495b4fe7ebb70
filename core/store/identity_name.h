// The name that a person gives to an identity. Any thread.
#pragma once

#include <string>

#include "core/status.h"

namespace deepstack {

// At most 80 characters of UTF-8 on one line: none controls the text, turns its direction or cannot
// be seen; no space at either end. kInvalid says what is wrong.
Status check_name(const std::string& name);

}  // namespace deepstack
