// The report as text: one aligned row an identity, then a line of counts.
#pragma once

#include <cstdint>
#include <string>

#include "pipelines/report/event_log.h"
#include "pipelines/report/identity_history.h"

namespace deepstack {

std::string identity_table(const EventLog& log, const IdentityHistory& history);

// "1:02.3", from an hour on "1:02:03.4".
std::string media_time_text(int64_t time_ns);

}  // namespace deepstack
