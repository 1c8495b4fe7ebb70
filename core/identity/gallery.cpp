#include "core/identity/gallery.h"

#include <algorithm>
#include <iterator>

#include <opencv2/core.hpp>

#include "core/identity/uuid.h"

namespace deepstack {
namespace {

constexpr float kNewViewBelow = 0.85F;   // aligned similarity to every kept view
constexpr double kRefreshAfter_s = 10;   // the newest view is replaced by time alone after this

std::vector<uint16_t> to_half(const std::vector<float>& values) {
  std::vector<uint16_t> half(values.size());
  const cv::Mat from(1, static_cast<int>(values.size()), CV_32F,
                     const_cast<float*>(values.data()));
  cv::Mat to(1, static_cast<int>(values.size()), CV_16F, half.data());
  from.convertTo(to, CV_16F);
  return half;
}

void to_float(const std::vector<uint16_t>& half, float* values) {
  const cv::Mat from(1, static_cast<int>(half.size()), CV_16F,
                     const_cast<uint16_t*>(half.data()));
  cv::Mat to(1, static_cast<int>(half.size()), CV_32F, values);
  from.convertTo(to, CV_32F);
}

int64_t bytes_of(const Prototype& prototype) {
  return static_cast<int64_t>(sizeof(Prototype) + prototype.tokens.capacity() * sizeof(uint16_t) +
                              prototype.gate.capacity() * sizeof(float));
}

int64_t bytes_of(const Identity& identity) {
  // The node of the map and the strings, roughly; what grows is in the prototypes.
  int64_t bytes = sizeof(Identity) + 128;
  for (const Prototype& prototype : identity.prototypes) bytes += bytes_of(prototype);
  return bytes;
}

std::vector<float> tokens_of(const Prototype& prototype) {
  std::vector<float> tokens(prototype.tokens.size());
  to_float(prototype.tokens, tokens.data());
  return tokens;
}

}  // namespace

Identity& Gallery::add(const std::string& label, double seconds) {
  Identity identity{.uuid = random_uuid(),
                    .number = ++last_number_,
                    .label = label,
                    .first_seen_s = seconds,
                    .last_seen_s = seconds,
                    .prototypes = {}};
  bytes_ += bytes_of(identity);
  return identities_.emplace(last_number_, std::move(identity)).first->second;
}

Identity* Gallery::find(int64_t number) {
  const auto found = identities_.find(number);
  return found == identities_.end() ? nullptr : &found->second;
}

void Gallery::learn(Identity& identity, const Appearance& view) {
  float most_alike = -1;
  for (const Prototype& kept : identity.prototypes) {
    most_alike = std::max(
        most_alike, aligned_similarity(tokens_of(kept), view.tokens, matcher_.shape()));
  }
  const bool adds = identity.prototypes.empty() || most_alike < kNewViewBelow ||
                    view.seconds - identity.prototypes.back().seconds > kRefreshAfter_s;
  if (!adds) return;
  identity.prototypes.push_back({to_half(view.tokens), view.gate, view.seconds});
  bytes_ += bytes_of(identity.prototypes.back());
  if (identity.prototypes.size() > kMaxPrototypes) drop_most_alike(identity);
}

void Gallery::drop_most_alike(Identity& identity) {
  // Of the views between the oldest and the newest, the one nearest to another goes.
  std::vector<std::vector<float>> tokens;
  for (const Prototype& kept : identity.prototypes) tokens.push_back(tokens_of(kept));
  size_t worst = 1;
  float worst_similarity = -2;
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    for (size_t j = 0; j < tokens.size(); ++j) {
      if (i == j) continue;
      const float similarity = aligned_similarity(tokens[i], tokens[j], matcher_.shape());
      if (similarity > worst_similarity) {
        worst_similarity = similarity;
        worst = i;
      }
    }
  }
  const auto victim = identity.prototypes.begin() + static_cast<std::ptrdiff_t>(worst);
  bytes_ -= bytes_of(*victim);
  identity.prototypes.erase(victim);
}

void Gallery::merge(int64_t from, int64_t to) {
  const auto source = identities_.find(from);
  const auto target = identities_.find(to);
  Identity& into = target->second;
  bytes_ -= bytes_of(into);
  std::vector<Prototype> views = std::move(into.prototypes);
  std::vector<Prototype> others = source->second.prototypes;
  views.insert(views.end(), std::make_move_iterator(others.begin()),
               std::make_move_iterator(others.end()));
  std::stable_sort(views.begin(), views.end(),
                   [](const Prototype& a, const Prototype& b) { return a.seconds < b.seconds; });
  into.prototypes = std::move(views);
  into.first_seen_s = std::min(into.first_seen_s, source->second.first_seen_s);
  into.last_seen_s = std::max(into.last_seen_s, source->second.last_seen_s);
  bytes_ += bytes_of(into);
  while (into.prototypes.size() > kMaxPrototypes) drop_most_alike(into);
  remove(source);
}

Result<std::vector<Candidate>> Gallery::search(const std::vector<const Appearance*>& views,
                                               const std::string& label, double seconds) const {
  std::vector<Candidate> candidates;
  std::vector<int64_t> offsets{0};
  const size_t size = matcher_.shape().tokens_size();
  size_t count = 0;
  for (const auto& [number, identity] : identities_) {
    if (identity.label != label || identity.prototypes.empty()) continue;
    candidates.push_back({&identity, 0, {}});
    count += identity.prototypes.size();
    offsets.push_back(static_cast<int64_t>(count));
  }
  if (candidates.empty() || views.empty()) return std::vector<Candidate>{};

  std::vector<float> tokens(count * size);
  std::vector<MatchSample> keys, queries;
  for (const Candidate& candidate : candidates) {
    for (const Prototype& prototype : candidate.identity->prototypes) {
      float* place = tokens.data() + keys.size() * size;
      to_float(prototype.tokens, place);
      keys.push_back({place, prototype.seconds});
    }
  }
  for (const Appearance* view : views) queries.push_back({view->tokens.data(), view->seconds});
  Result<std::vector<float>> similarity = matcher_.similarities(queries, keys, offsets);
  if (!similarity.ok()) return similarity.status();

  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  for (size_t g = 0; g < candidates.size(); ++g) {
    Candidate& candidate = candidates[g];
    candidate.levels.assign(levels, 0);
    for (size_t q = 0; q < views.size(); ++q) {
      const float* by_level = similarity->data() + (q * candidates.size() + g) * levels;
      for (size_t l = 0; l < levels; ++l) {
        candidate.levels[l] += by_level[l] / static_cast<float>(views.size());
      }
    }
    const std::vector<float> weights =
        matcher_.level_weights(views.back()->gate, candidate.identity->prototypes.back().gate,
                               seconds - candidate.identity->last_seen_s);
    float sum = 0;
    for (size_t l = 0; l < levels; ++l) sum += weights[l] * candidate.levels[l];
    candidate.probability = matcher_.probability(sum);
  }
  return candidates;
}

void Gallery::remove(Entry entry) {
  bytes_ -= bytes_of(entry->second);
  identities_.erase(entry);
}

void Gallery::expire(double seconds) {
  for (auto entry = identities_.begin(); entry != identities_.end();) {
    const auto next = std::next(entry);
    if (seconds - entry->second.last_seen_s > limits_.ttl_s) {
      remove(entry);
      ++evictions_;
    }
    entry = next;
  }
  while (bytes_ > limits_.max_bytes && !identities_.empty()) {
    const auto oldest = std::min_element(
        identities_.begin(), identities_.end(),
        [](const auto& a, const auto& b) { return a.second.last_seen_s < b.second.last_seen_s; });
    remove(oldest);
    ++evictions_;
  }
}

}  // namespace deepstack
