// The properties of `deepstack` that choose something: one table row each, mapped onto core's
// Settings, whose defaults they show. Out-of-range values are refused by GObject already.
#pragma once

#include <glib-object.h>

#include <string>
#include <vector>

#include "core/settings.h"

namespace deepstack::gst {

// Installs the table with property ids from first_id on; returns the first id that is still free.
guint install_settings(GObjectClass* object_class, guint first_id);

// The names in the table.
std::vector<std::string> setting_names();

// id: counted from 0 in the order of the table. False when there is no such row.
bool set_setting(Settings& settings, guint id, const GValue* value);
bool get_setting(const Settings& settings, guint id, GValue* value);

}  // namespace deepstack::gst
