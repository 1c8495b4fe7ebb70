// Credentials of a camera or a broker from a file, so that they stand in no command line, pipeline or log.
//
// The file has one line, user:password; the password is all after the first colon, as it is. It
// must belong to its owner alone (mode 0600 or less). A name without a slash is looked for in
// $CREDENTIALS_DIRECTORY first, where systemd puts what LoadCredential= names and guards it itself.
#pragma once

#include <string>

#include "core/status.h"

namespace deepstack {

struct Credentials {
  std::string user;
  std::string password;
};

// kNotFound, kInvalid (mode, contents), kCorrupt (no file that can be read); messages name the file
// and repeat nothing of what is in it.
Result<Credentials> read_credentials(const std::string& file);

// Whose word counts: that of a file when there is one, else of the property, else of the address,
// user and password each. file: "" when there is none; errors as of read_credentials().
Result<Credentials> choose_credentials(const std::string& file, const Credentials& set,
                                       const Credentials& of_address);

}  // namespace deepstack
