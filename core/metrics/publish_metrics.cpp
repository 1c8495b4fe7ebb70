#include "core/metrics/publish_metrics.h"

namespace deepstack {

void write_publication(MetricsPage& page, const std::string& sink, const PublishStats& stats) {
  const MetricLabels labels{{"sink", sink}};
  struct Count {
    const char* name;
    const char* help;
    uint64_t value;
  };
  for (const Count& count :
       {Count{"deepstack_sink_received_total", "Lines to publish that came.", stats.received},
        {"deepstack_sink_recovered_total", "Lines found in the spool of the run before.",
         stats.recovered},
        {"deepstack_sink_published_total", "Lines that arrived.", stats.published},
        {"deepstack_sink_rejected_total", "Lines that the broker would not have.", stats.rejected},
        {"deepstack_sink_dropped_total", "Lines dropped because too many waited.", stats.dropped},
        {"deepstack_sink_reconnects_total", "Times the broker came back.", stats.reconnects},
        {"deepstack_sink_spool_errors_total", "Writes of the spool that failed.",
         stats.spool_errors}}) {
    page.counter(count.name, count.help, labels, count.value);
  }
  page.gauge("deepstack_sink_spooled", "Lines that wait.", labels,
             static_cast<double>(stats.spooled));
  page.gauge("deepstack_sink_spooled_bytes", "Bytes that wait.", labels,
             static_cast<double>(stats.spooled_bytes));
  page.gauge("deepstack_sink_up", "1 while lines are taken.", labels,
             stats.state == PublishState::kOk ? 1 : 0);
}

}  // namespace deepstack
