// What cameras are called when the user does not say: in events, in status lines, in the terminal.
// Never anything that could be a password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace deepstack {

// Names for the inputs, in their order: those given, else a file's name without its ending or a
// URI's host, and -2, -3, ... behind the second and third of one name. kInvalid: not one name an
// input, one is given twice, or is no name (1..64 letters, digits, '.', '_', '-').
Result<std::vector<std::string>> camera_names(const std::vector<std::string>& inputs,
                                              const std::vector<std::string>& given);

}  // namespace deepstack
