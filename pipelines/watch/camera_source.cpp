#include "pipelines/watch/camera_source.h"

#include <string>

namespace deepstack {
namespace {

Result<std::string> as_uri(const std::string& input) {
  if (gst_uri_is_valid(input.c_str())) return input;
  GError* failure = nullptr;
  const Owned<gchar> uri(gst_filename_to_uri(input.c_str(), &failure));
  const Owned<GError> error(failure);
  if (uri == nullptr) return invalid(std::string("not a file name: ") + error->message);
  return std::string(uri.get());
}

}  // namespace

Result<GstElement*> make_camera_source(const WatchOptions& options, size_t number) {
  Result<std::string> uri = as_uri(options.inputs.at(number));
  if (!uri.ok()) return uri.status();
  GstElement* source = gst_element_factory_make("deepstackcamerasrc", nullptr);
  if (source == nullptr) return internal("the element deepstackcamerasrc is missing");
  g_object_set(source, "uri", uri->c_str(), "latency", options.latency_ms, "stall-timeout",
               options.stall_timeout_ms, nullptr);
  if (const auto& files = options.credentials_files; !files.empty()) {
    const std::string& file = files.size() == 1 ? files.front() : files.at(number);
    g_object_set(source, "credentials-file", file.c_str(), nullptr);
  }
  return source;
}

}  // namespace deepstack
