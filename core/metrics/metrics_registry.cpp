#include "core/metrics/metrics_registry.h"

#include <algorithm>
#include <utility>

#include "core/printable.h"

namespace deepstack {

MetricsRegistry::Registration::Registration(Registration&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

MetricsRegistry::Registration& MetricsRegistry::Registration::operator=(
    Registration&& other) noexcept {
  std::swap(registry_, other.registry_);
  std::swap(id_, other.id_);
  return *this;
}

MetricsRegistry::Registration::~Registration() {
  if (registry_ == nullptr) return;
  const std::lock_guard lock(registry_->mutex_);
  registry_->entries_.erase(id_);
}

// Never destroyed: streams that a process leaves behind at its end outlive what is static.
MetricsRegistry& MetricsRegistry::process() {
  static auto* registry = new MetricsRegistry;
  return *registry;
}

bool MetricsRegistry::taken(const std::string& camera) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& entry) { return entry.second.camera == camera; });
}

MetricsRegistry::Registration MetricsRegistry::add(const std::string& camera, Write write) {
  const std::string wanted = camera.empty() ? "camera" : printable(camera);
  const std::lock_guard lock(mutex_);
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + "-" + std::to_string(number);
  entries_[++last_id_] = {std::move(name), std::move(write)};
  return {*this, last_id_};
}

void MetricsRegistry::collect(MetricsPage& page) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) entry.write(page, entry.camera);
}

}  // namespace deepstack
