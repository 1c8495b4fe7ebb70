// open_gallery(): the gallery that a stream asks for. Streams of a process that name the same
// gallery-id share one; it lives as long as a stream holds it. Any thread.
#pragma once

#include <memory>

#include "core/encoder.h"
#include "core/identity/shared_gallery.h"
#include "core/settings.h"
#include "core/status.h"
#include "core/store/store_schema.h"

namespace deepstack {

// What a store that keeps features of this model is to say of it.
StoreModel store_model(const ModelInfo& model);

// kInvalid: settings differ from those of the streams that share the gallery, or its store is of
// another model. Else as IdentityStore::open() and ::read() say.
Result<std::shared_ptr<SharedGallery>> open_gallery(const Settings& settings,
                                                    const ModelInfo& model);

}  // namespace deepstack
