// Random identifiers (UUID version 4, RFC 9562) for identities: no two deployments share them.
#pragma once

#include <string>

namespace deepstack {

std::string random_uuid();

}  // namespace deepstack
