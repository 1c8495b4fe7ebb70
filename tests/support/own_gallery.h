// A gallery in memory for one test, as a stream without gallery-id has.
#pragma once

#include <memory>

#include "core/identity/stream_gallery.h"
#include "core/settings.h"

namespace deepstack::test {

inline StreamGallery own_gallery(const Settings& settings, const Matcher& matcher) {
  return StreamGallery(std::make_shared<SharedGallery>(
      GalleryLimits{settings.gallery_max_bytes, settings.gallery_ttl_s}, matcher));
}

}  // namespace deepstack::test
