// Properties of an element from a settings file (core/settings_file.h).
#pragma once

#include <glib-object.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack::gst {

// Sets those properties that the file names, in its order; names: which it may. Nothing is set when
// anything in the file is wrong: kNotFound or kCorrupt with file, name, value and limit.
Status set_from_file(GObject* object, const std::filesystem::path& path,
                     const std::vector<std::string>& names);

}  // namespace deepstack::gst
