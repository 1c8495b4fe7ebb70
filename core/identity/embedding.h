// Embeddings: a Feature as vectors for systems that have a search of their own: the mean of its
// tokens, scaled to length 1, for the fusion or for each level.
#pragma once

#include <vector>

#include "core/event/event.h"
#include "core/identity/feature.h"
#include "core/settings.h"

namespace deepstack {

// Of a pass that stopped early: its levels, and no fusion. kNone gives none.
std::vector<Embedding> make_embeddings(const Feature& feature, const FeatureShape& shape,
                                       Embeddings which);

}  // namespace deepstack
