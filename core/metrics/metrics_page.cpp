#include "core/metrics/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace deepstack {
namespace {

prometheus::ClientMetric::Histogram cumulative(const DurationHistogram& durations) {
  prometheus::ClientMetric::Histogram histogram;
  histogram.sample_count = durations.count();
  histogram.sample_sum = durations.sum_s;
  uint64_t so_far = 0;
  for (size_t i = 0; i < DurationHistogram::kBounds_s.size(); ++i) {
    so_far += durations.counts[i];
    histogram.bucket.push_back({so_far, DurationHistogram::kBounds_s[i]});
  }
  return histogram;
}

}  // namespace

void MetricsPage::add(const char* name, const char* help, Kind kind, Sample sample) {
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const Family& known) { return known.name == name; });
  if (family == families_.end()) {
    family = families_.insert(families_.end(), {name, help, kind, {}});
  }
  const bool known =
      std::any_of(family->samples.begin(), family->samples.end(),
                  [&](const Sample& earlier) { return earlier.labels == sample.labels; });
  if (!known) family->samples.push_back(std::move(sample));
}

void MetricsPage::counter(const char* name, const char* help, MetricLabels labels, uint64_t value) {
  add(name, help, Kind::kCounter, {std::move(labels), static_cast<double>(value)});
}

void MetricsPage::gauge(const char* name, const char* help, MetricLabels labels, double value) {
  add(name, help, Kind::kGauge, {std::move(labels), value});
}

void MetricsPage::histogram(const char* name, const char* help, MetricLabels labels,
                            const DurationHistogram& durations) {
  add(name, help, Kind::kHistogram, {std::move(labels), durations});
}

std::string MetricsPage::text() const {
  std::vector<prometheus::MetricFamily> families;
  for (const Family& family : families_) {
    prometheus::MetricFamily& written = families.emplace_back();
    written.name = family.name;
    written.help = family.help;
    written.type = family.kind == Kind::kCounter ? prometheus::MetricType::Counter
                   : family.kind == Kind::kGauge ? prometheus::MetricType::Gauge
                                                 : prometheus::MetricType::Histogram;
    for (const Sample& sample : family.samples) {
      prometheus::ClientMetric& metric = written.metric.emplace_back();
      for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
      if (const double* value = std::get_if<double>(&sample.value)) {
        metric.counter.value = metric.gauge.value = *value;
      } else {
        metric.histogram = cumulative(std::get<DurationHistogram>(sample.value));
      }
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace deepstack
