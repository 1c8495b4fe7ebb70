// Text of strangers (a file, a header, a key) as it may stand in a message: one short line that no
// terminal or log takes for anything else.
#pragma once

#include <string>
#include <string_view>

namespace deepstack {

// ASCII as it is, any other byte as '?', cut after 200.
std::string printable(std::string_view text);

}  // namespace deepstack
