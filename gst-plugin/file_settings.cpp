#include "gst-plugin/file_settings.h"

#include <gst/gst.h>

#include <memory>
#include <sstream>
#include <utility>

#include "core/printable.h"
#include "core/settings_file.h"

namespace deepstack::gst {
namespace {

struct UnsetValue {
  void operator()(GValue* value) const {
    g_value_unset(value);
    delete value;
  }
};
using Value = std::unique_ptr<GValue, UnsetValue>;

template <typename Spec>
std::string range(const Spec* spec) {
  std::ostringstream text;
  text << "a number in " << spec->minimum << ".." << spec->maximum;
  return text.str();
}

// What a value of the property must be.
std::string limits_of(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return "true or false";
  if (G_IS_PARAM_SPEC_INT(spec)) return range(G_PARAM_SPEC_INT(spec));
  if (G_IS_PARAM_SPEC_INT64(spec)) return range(G_PARAM_SPEC_INT64(spec));
  if (G_IS_PARAM_SPEC_FLOAT(spec)) return range(G_PARAM_SPEC_FLOAT(spec));
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) return range(G_PARAM_SPEC_DOUBLE(spec));
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* words = G_PARAM_SPEC_ENUM(spec)->enum_class;
    std::string text = "one of";
    for (guint i = 0; i < words->n_values; ++i) {
      text += std::string(" ") + words->values[i].value_nick;
    }
    return text;
  }
  return GST_IS_PARAM_SPEC_FRACTION(spec) ? "a fraction like \"5/1\"" : "a text";
}

// Words where words are due, numbers where numbers are: "1" is no number, 1 no switch.
bool has_kind(GParamSpec* spec, const FileSetting::Value& value) {
  const bool word = std::holds_alternative<std::string>(value);
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return std::holds_alternative<bool>(value);
  if (G_IS_PARAM_SPEC_STRING(spec) || G_IS_PARAM_SPEC_ENUM(spec)) return word;
  if (GST_IS_PARAM_SPEC_FRACTION(spec)) return word;
  if (G_IS_PARAM_SPEC_FLOAT(spec) || G_IS_PARAM_SPEC_DOUBLE(spec)) {
    return !word && !std::holds_alternative<bool>(value);
  }
  return std::holds_alternative<int64_t>(value);
}

Result<Value> value_of(GParamSpec* spec, const FileSetting& setting) {
  const auto wrong = [&](const std::string& what) {
    return corrupt("'" + setting.name + "' is " + what + ", must be " + limits_of(spec));
  };
  if (setting.is_list) return wrong("a list");
  const std::string text = to_text(setting.values.front());
  Value value(new GValue(G_VALUE_INIT));
  g_value_init(value.get(), spec->value_type);
  if (!has_kind(spec, setting.values.front())) return wrong("'" + printable(text) + "'");
  if (G_IS_PARAM_SPEC_STRING(spec)) {
    g_value_set_string(value.get(), text.c_str());
  } else if (gst_value_deserialize(value.get(), text.c_str()) == FALSE) {
    return wrong("'" + printable(text) + "'");
  }
  if (g_param_value_validate(spec, value.get()) != FALSE) return wrong(printable(text));
  return value;
}

}  // namespace

Status set_from_file(GObject* object, const std::filesystem::path& path,
                     const std::vector<std::string>& names) {
  Result<std::vector<FileSetting>> settings = read_settings_file(path, names);
  if (!settings.ok()) return settings.status();
  std::vector<std::pair<std::string, Value>> values;
  for (const FileSetting& setting : *settings) {
    GParamSpec* spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(object), setting.name.c_str());
    Result<Value> value = value_of(spec, setting);
    if (!value.ok()) {
      return {value.status().code(), path.string() + ": " + value.status().message()};
    }
    values.emplace_back(setting.name, *std::move(value));
  }
  for (const auto& [name, value] : values) {
    g_object_set_property(object, name.c_str(), value.get());
  }
  return {};
}

}  // namespace deepstack::gst
