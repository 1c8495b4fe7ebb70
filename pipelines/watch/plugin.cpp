#include "pipelines/watch/plugin.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/printable.h"
#include "pipelines/watch/gst_owned.h"

namespace deepstack {

Status load_plugin() {
  // Pictures of pipelines show every property, the passwords of cameras among them.
  unsetenv("GST_DEBUG_DUMP_DOT_DIR");
  GError* failure = nullptr;
  const bool started = gst_init_check(nullptr, nullptr, &failure) != FALSE;
  const Owned<GError> error(failure);
  if (!started) return internal(std::string("GStreamer does not start: ") + error->message);

  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const char* place : {"../gst-plugin", "../lib/gstreamer-1.0"}) {
    GstElementFactory* factory = gst_element_factory_find("deepstack");
    if (factory != nullptr) {
      gst_object_unref(factory);
      return {};
    }
    const std::filesystem::path file = folder / place / "libgstdeepstack.so";
    if (std::filesystem::exists(file, ignored)) {
      GstPlugin* plugin = gst_plugin_load_file(file.c_str(), nullptr);
      if (plugin != nullptr) {
        gst_registry_add_plugin(gst_registry_get(), plugin);
        gst_object_unref(plugin);
      }
    }
  }
  GstElementFactory* factory = gst_element_factory_find("deepstack");
  if (factory == nullptr) {
    return not_found(
        "the element deepstack is not found: set GST_PLUGIN_PATH to the folder of "
        "libgstdeepstack.so");
  }
  gst_object_unref(factory);
  return {};
}

}  // namespace deepstack
