#include "core/identity/gallery.h"

#include <algorithm>
#include <limits>

#include "core/identity/half_tokens.h"
#include "core/identity/heap_bytes.h"
#include "core/identity/uuid.h"

namespace deepstack {
namespace {

using Kind = GalleryChanges::Kind;

constexpr float kNewViewBelow = 0.85F;  // aligned similarity to every kept view
constexpr double kRefreshAfter_s = 10;  // the newest view is replaced by time alone after this

int64_t bytes_of(const Prototype& prototype) {
  return heap_bytes(prototype.tokens.capacity() * sizeof(uint16_t)) +
         heap_bytes(prototype.gate.capacity() * sizeof(float));
}

int64_t bytes_of(const Identity& identity) {
  // Nodes of a red-black tree begin with three pointers and a colour: one of the map of identities,
  // one of their order by age.
  constexpr size_t kNode = 32;
  int64_t bytes = heap_bytes(kNode + sizeof(std::pair<const int64_t, Identity>)) +
                  heap_bytes(kNode + sizeof(std::pair<double, int64_t>)) +
                  heap_bytes(identity.uuid) + heap_bytes(identity.label) +
                  heap_bytes(identity.prototypes.capacity() * sizeof(Prototype));
  if (identity.prototypes.size() > Gallery::kFewPrototypes) {
    bytes += heap_bytes(kNode + sizeof(std::pair<double, int64_t>));
  }
  for (const Prototype& prototype : identity.prototypes) bytes += bytes_of(prototype);
  return bytes;
}

std::vector<float> tokens_of(const Prototype& prototype) {
  std::vector<float> tokens(prototype.tokens.size());
  to_float(prototype.tokens, tokens.data());
  return tokens;
}

}  // namespace

void Gallery::link(const Identity& identity) {
  bytes_ += bytes_of(identity);
  if (identity.opted_out) return;  // whatever its age, and however short memory is
  by_age_.emplace(identity.last_seen_s, identity.number);
  if (identity.prototypes.size() > kFewPrototypes) {
    rich_.emplace(identity.last_seen_s, identity.number);
  }
}

void Gallery::unlink(const Identity& identity) {
  by_age_.erase({identity.last_seen_s, identity.number});
  rich_.erase({identity.last_seen_s, identity.number});
  bytes_ -= bytes_of(identity);
}

// Every change goes through here, so that bytes and orders stay true.
template <typename Change>
void Gallery::change(Identity& identity, const Change& make) {
  unlink(identity);
  make(identity);
  link(identity);
}

const Identity& Gallery::add(const std::string& label, double seconds) {
  const int64_t number = ++last_number_;
  Identity& identity = identities_[number];
  identity = {.uuid = random_uuid(),
              .number = number,
              .label = label,
              .first_seen_s = seconds,
              .last_seen_s = seconds,
              .prototypes = {},
              .opted_out = false};
  link(identity);
  changes_.changed(number, Kind::kNew);
  return identity;
}

bool Gallery::restore(Identity identity) {
  const int64_t number = identity.number;
  std::vector<Prototype> views = std::move(identity.prototypes);
  identity.prototypes.clear();
  const auto [entry, is_new] = identities_.try_emplace(number, std::move(identity));
  if (!is_new) return false;
  reserve_numbers(number);
  opted_out_ += entry->second.opted_out ? 1 : 0;
  for (Prototype& view : views) {
    last_prototype_ = std::max(last_prototype_, view.id);
    const std::vector<float> tokens = tokens_of(view);
    keep(entry->second, std::move(view), tokens);
  }
  link(entry->second);
  return true;
}

const Identity* Gallery::find(int64_t number) const {
  const auto found = identities_.find(number);
  return found == identities_.end() ? nullptr : &found->second;
}

void Gallery::see(int64_t number, double seconds) {
  const auto found = identities_.find(number);
  if (found == identities_.end() || found->second.opted_out) return;
  if (found->second.last_seen_s >= seconds) return;
  change(found->second, [&](Identity& identity) { identity.last_seen_s = seconds; });
  changes_.changed(number, Kind::kSeen);
}

double Gallery::latest_s() const {
  return by_age_.empty() ? std::numeric_limits<double>::lowest() : by_age_.rbegin()->first;
}

void Gallery::keep(Identity& identity, Prototype prototype, std::span<const float> tokens) {
  prototype.row = index_.insert(index_.summary_of(tokens));
  // To the view: doubling would take what nobody uses.
  identity.prototypes.reserve(identity.prototypes.size() + 1);
  // Another stream may be ahead of this one.
  const auto later = std::upper_bound(
      identity.prototypes.begin(), identity.prototypes.end(), prototype.seconds,
      [](double seconds, const Prototype& kept) { return seconds < kept.seconds; });
  identity.prototypes.insert(later, std::move(prototype));
}

void Gallery::drop(Identity& identity, size_t index) {
  index_.erase(identity.prototypes[index].row);
  identity.prototypes.erase(identity.prototypes.begin() + static_cast<std::ptrdiff_t>(index));
  identity.prototypes.shrink_to_fit();
}

void Gallery::learn(int64_t number, const Appearance& view, double offset_s) {
  const auto found = identities_.find(number);
  const auto levels = static_cast<size_t>(matcher_.shape().levels);
  if (found == identities_.end() || view.gate.size() != levels) return;
  Identity& identity = found->second;
  if (identity.opted_out) return;
  const double seconds = view.seconds + offset_s;
  float most_alike = -1;
  for (const Prototype& kept : identity.prototypes) {
    most_alike =
        std::max(most_alike, aligned_similarity(tokens_of(kept), view.tokens, matcher_.shape()));
  }
  const bool adds = identity.prototypes.empty() || most_alike < kNewViewBelow ||
                    seconds - identity.prototypes.back().seconds > kRefreshAfter_s;
  if (!adds) return;
  change(identity, [&](Identity& changed) {
    keep(changed,
         {.id = ++last_prototype_,
          .tokens = to_half(view.tokens),
          .gate = view.gate,
          .seconds = seconds,
          .quality = view.quality >= 0 ? std::min(view.quality, 1.0F) : 0},
         view.tokens);
    if (changed.prototypes.size() > kMaxPrototypes) drop_most_alike(changed);
  });
  changes_.changed(number, Kind::kViews);
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
  drop(identity, worst);
}

// The newest view stays, as the likeliest to be met again, and the one that is least like it.
void Gallery::leave_few(int64_t number) {
  change(identities_.at(number), [this](Identity& identity) {
    const std::vector<float> newest = tokens_of(identity.prototypes.back());
    size_t other = 0;
    float lowest = 2;
    for (size_t i = 0; i + 1 < identity.prototypes.size(); ++i) {
      const float similarity =
          aligned_similarity(tokens_of(identity.prototypes[i]), newest, matcher_.shape());
      if (similarity < lowest) {
        lowest = similarity;
        other = i;
      }
    }
    for (size_t i = identity.prototypes.size() - 1; i-- > 0;) {
      if (i == other) continue;
      drop(identity, i);
      ++views_evicted_;
    }
  });
  changes_.changed(number, Kind::kViews);
}

void Gallery::merge(int64_t from, int64_t to) {
  const auto source = identities_.find(from);
  const auto target = identities_.find(to);
  if (source == identities_.end() || target == identities_.end() || from == to) return;
  if (target->second.opted_out) return remove(source);
  change(target->second, [&](Identity& into) {
    change(source->second, [&](Identity& others) {
      into.prototypes.reserve(into.prototypes.size() + others.prototypes.size());
      std::move(others.prototypes.begin(), others.prototypes.end(),
                std::back_inserter(into.prototypes));
      others.prototypes = {};
    });
    std::stable_sort(into.prototypes.begin(), into.prototypes.end(),
                     [](const Prototype& a, const Prototype& b) { return a.seconds < b.seconds; });
    into.first_seen_s = std::min(into.first_seen_s, source->second.first_seen_s);
    into.last_seen_s = std::max(into.last_seen_s, source->second.last_seen_s);
    while (into.prototypes.size() > kMaxPrototypes) drop_most_alike(into);
  });
  remove(source);
  changes_.changed(to, Kind::kViews);
}

void Gallery::remove(Entries::iterator entry) {
  unlink(entry->second);
  for (const Prototype& kept : entry->second.prototypes) index_.erase(kept.row);
  changes_.removed(entry->first);
  identities_.erase(entry);
}

void Gallery::expire(double seconds) {
  while (!by_age_.empty() && seconds - by_age_.begin()->first > limits_.ttl_s) {
    remove(identities_.find(by_age_.begin()->second));
    ++evictions_;
  }
  trim();
}

void Gallery::expire_before(double seconds) {
  while (!by_age_.empty() && by_age_.begin()->first < seconds) {
    remove(identities_.find(by_age_.begin()->second));
    ++evictions_;
  }
}

void Gallery::trim() {
  while (bytes() > limits_.max_bytes && !rich_.empty()) leave_few(rich_.begin()->second);
  while (bytes() > limits_.max_bytes && !by_age_.empty()) {
    remove(identities_.find(by_age_.begin()->second));
    ++evictions_;
  }
}

}  // namespace deepstack
