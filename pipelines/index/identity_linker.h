// IdentityLinker: decides who is in a video once all of it was analysed, by the same Identifier as
// a live stream has, from the key views of its tracks. The gallery it looks in is the store's, and
// goes on from video to video: whoever is asked for the same videos in the same order, with kills
// between or without, gives the same answers. One thread.
#pragma once

#include <memory>

#include "core/encoder.h"
#include "core/identity/shared_gallery.h"
#include "core/settings.h"
#include "core/store/archive_store.h"

namespace deepstack {

class IdentityLinker {
 public:
  // Takes in the identities that the archive knows.
  static Result<std::unique_ptr<IdentityLinker>> create(const Settings& settings,
                                                        const ModelInfo& model,
                                                        ArchiveStore& archive);

  // The video is done, and its tracks have their identities. REQUIRES: it is analysed. After an
  // error the gallery is ahead of the archive: make another linker.
  Status link(ArchiveStore& archive, const ArchiveVideo& video);

 private:
  IdentityLinker(const Settings& settings, const ModelInfo& model);

  Settings settings_;
  const std::shared_ptr<SharedGallery> gallery_;
};

}  // namespace deepstack
