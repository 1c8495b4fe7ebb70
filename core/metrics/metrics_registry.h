// MetricsRegistry: who counts in this process. Streams, sinks and programs put in a function that
// writes their samples onto a page; whoever is asked for metrics collects them.
//
// Thread-safe. The functions are called by the collecting thread with the registry's lock held, one
// at a time: they copy counters, and neither wait nor call back. A Registration that ends waits for
// that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/metrics/metrics_page.h"

namespace deepstack {

class MetricsRegistry {
 public:
  // camera: what to put into the label `camera`; unique in the registry.
  using Write = std::function<void(MetricsPage& page, const std::string& camera)>;

  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class MetricsRegistry;
    Registration(MetricsRegistry& registry, uint64_t id) : registry_(&registry), id_(id) {}
    MetricsRegistry* registry_ = nullptr;
    uint64_t id_ = 0;
  };

  static MetricsRegistry& process();

  // camera: a second one of the same name is called name-2, one without a name camera, camera-2.
  [[nodiscard]] Registration add(const std::string& camera, Write write);

  void collect(MetricsPage& page) const;

 private:
  struct Entry {
    std::string camera;
    Write write;
  };
  bool taken(const std::string& camera) const;

  mutable std::mutex mutex_;  // a leaf but for the functions
  std::map<uint64_t, Entry> entries_;
  uint64_t last_id_ = 0;
};

}  // namespace deepstack
