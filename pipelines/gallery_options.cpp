#include "pipelines/gallery_options.h"

#include <map>
#include <string>

#include "pipelines/choice.h"

namespace deepstack {

void add_gallery_options(CLI::App& command, Settings& settings) {
  command.add_option("--gallery-location", settings.gallery_location,
                     "folder that keeps the gallery beyond this run; in memory only without it");
  static const std::map<std::string, GalleryMode> kModes{
      {"off", GalleryMode::kOff}, {"read", GalleryMode::kRead}, {"learn", GalleryMode::kLearn}};
  command.add_option("--gallery-mode", settings.gallery_mode, "off, read or learn")
      ->transform(choice(kModes))
      ->default_str("learn");
  command.add_option("--gallery-max-bytes", settings.gallery_max_bytes,
                     "most memory for the features of identities; the least recent go first")
      ->capture_default_str();
  command.add_option("--gallery-ttl", settings.gallery_ttl_s,
                     "seconds after which an identity that is not seen is forgotten")
      ->capture_default_str();
}

}  // namespace deepstack
