// What `deepstack watch` was asked for. Plain values.
#pragma once

#include <string>
#include <vector>

#include "core/settings.h"
#include "pipelines/watch/event_publications.h"

namespace deepstack {

struct WatchOptions {
  std::vector<std::string> inputs;  // URIs and files
  std::vector<std::string> names;   // one an input
  std::string output = "-";
  std::string metrics;                         // address to answer at; "" = none
  std::vector<std::string> credentials_files;  // none, one for all, or one an input
  int latency_ms = 200;                        // how long packets of a camera may be late
  int stall_timeout_ms = 2000;                 // without a frame for longer, a camera is stalled
  double drain_timeout_s = 5;                  // how long a stop may take
  PublishOptions publishing;
  Settings settings;                           // of every camera, but for `source`
};

}  // namespace deepstack
