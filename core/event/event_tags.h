// The property `tags`: a JSON object of the user's that is put into every event as it is.
#pragma once

#include <string>
#include <string_view>

#include "core/status.h"

namespace deepstack {

// The object in one line, without space between its tokens; "" of "". kInvalid when it is no JSON
// object, or larger than 4096 bytes, deeper than 8, or has more than 64 keys. Builds no tree.
Result<std::string> parse_tags(std::string_view text);

}  // namespace deepstack
