// MetricsPage: what is counted at one moment, as Prometheus reads it (text format 0.0.4). Made anew
// for each scrape, filled by those who count, thrown away. Plain; one thread.
//
// Names have the prefix deepstack_ and a unit. Labels name a camera, never an identity: identities
// are people, and there is no bound on their number.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/metrics/duration_histogram.h"

namespace deepstack {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class MetricsPage {
 public:
  // help: of the metric, taken from its first sample. A sample with the name and labels of an
  // earlier one would make the page unreadable as a whole, and is left out.
  void counter(const char* name, const char* help, MetricLabels labels, uint64_t value);
  void gauge(const char* name, const char* help, MetricLabels labels, double value);
  void histogram(const char* name, const char* help, MetricLabels labels,
                 const DurationHistogram& durations);

  std::string text() const;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  enum class Kind { kCounter, kGauge, kHistogram };
  struct Sample {
    MetricLabels labels;
    std::variant<double, DurationHistogram> value;
  };
  struct Family {
    std::string name;
    std::string help;
    Kind kind;
    std::vector<Sample> samples;
  };
  void add(const char* name, const char* help, Kind kind, Sample sample);

  std::vector<Family> families_;  // in the order they came
};

}  // namespace deepstack
