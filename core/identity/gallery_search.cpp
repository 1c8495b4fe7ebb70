// Gallery::search(): which identities are compared, and how.
#include <algorithm>
#include <limits>

#include "core/identity/gallery.h"
#include "core/identity/half_tokens.h"

namespace deepstack {

Result<std::vector<Candidate>> Gallery::search(const GalleryQuery& query) const {
  Group known;
  for (const auto& [number, identity] : identities_) {
    if (identity.label == query.label && !identity.prototypes.empty()) known.push_back(&identity);
  }
  if (known.empty() || query.views.empty()) return std::vector<Candidate>{};
  return match(known.size() > kSearchedWhole ? shortlist(known, query) : known, query);
}

// By the cosine of mean tokens, weighted over the levels as the final similarity is; each identity
// counts as its best view. What a token attends to is a mix of the identity's own tokens, so that the
// two similarities differ only by how unlike a view's tokens are to their mean, which is much the
// same for everybody. That is no proof: kShortlist is long enough for the worst data of
// gallery_scale_test to lose nobody.
Gallery::Group Gallery::shortlist(const Group& known, const GalleryQuery& query) const {
  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  std::vector<float> mean;
  for (const Appearance* view : query.views) {
    const std::vector<float> summary = index_.summary_of(view->tokens);
    mean.resize(summary.size());
    for (size_t i = 0; i < summary.size(); ++i) mean[i] += summary[i];
  }
  const std::vector<float> cosines = index_.cosines(mean);

  std::vector<std::pair<float, const Identity*>> scored;
  scored.reserve(known.size());
  for (const Identity* identity : known) {
    const std::vector<float> weights =
        matcher_.level_weights(query.views.back()->gate, identity->prototypes.back().gate,
                               query.seconds - identity->last_seen_s);
    float best = std::numeric_limits<float>::lowest();
    for (const Prototype& kept : identity->prototypes) {
      float sum = 0;
      for (size_t l = 0; l < levels; ++l) sum += weights[l] * cosines[kept.row * levels + l];
      best = std::max(best, sum);
    }
    scored.emplace_back(best, identity);
  }
  const auto end = scored.begin() + kShortlist;
  std::nth_element(scored.begin(), end, scored.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->number < b.second->number;
  });
  Group group;
  for (auto entry = scored.begin(); entry != end; ++entry) group.push_back(entry->second);
  std::sort(group.begin(), group.end(),
            [](const Identity* a, const Identity* b) { return a->number < b->number; });
  return group;
}

Result<std::vector<Candidate>> Gallery::match(const Group& known, const GalleryQuery& query) const {
  std::vector<int64_t> offsets{0};
  for (const Identity* identity : known) {
    offsets.push_back(offsets.back() + static_cast<int64_t>(identity->prototypes.size()));
  }
  const size_t size = matcher_.shape().tokens_size();
  std::vector<float> tokens(static_cast<size_t>(offsets.back()) * size);
  std::vector<MatchSample> keys, queries;
  for (const Identity* identity : known) {
    for (const Prototype& prototype : identity->prototypes) {
      float* place = tokens.data() + keys.size() * size;
      to_float(prototype.tokens, place);
      keys.push_back({place, prototype.seconds - query.offset_s});
    }
  }
  for (const Appearance* view : query.views) {
    queries.push_back({view->tokens.data(), view->seconds});
  }
  Result<std::vector<float>> similarity = matcher_.similarities(queries, keys, offsets);
  if (!similarity.ok()) return similarity.status();

  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  std::vector<Candidate> candidates(known.size());
  for (size_t g = 0; g < known.size(); ++g) {
    Candidate& candidate = candidates[g];
    candidate.identity = {known[g]->number, known[g]->uuid, known[g]->last_seen_s,
                          known[g]->opted_out};
    candidate.levels.assign(levels, 0);
    for (size_t q = 0; q < queries.size(); ++q) {
      const float* by_level = similarity->data() + (q * known.size() + g) * levels;
      for (size_t l = 0; l < levels; ++l) {
        candidate.levels[l] += by_level[l] / static_cast<float>(queries.size());
      }
    }
    candidate.probability = matcher_.probability(
        matcher_.combine(candidate.levels, query.views.back()->gate,
                         known[g]->prototypes.back().gate, query.seconds - known[g]->last_seen_s));
  }
  return candidates;
}

}  // namespace deepstack
