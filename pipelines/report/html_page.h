// The report as one HTML page that works offline: page.html with its style (page.css), the data and
// its script (page.js) filled in. All text of strangers travels as JSON and reaches the page as
// text, never as markup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/report/event_log.h"
#include "pipelines/report/identity_history.h"
#include "pipelines/report/thumbnails.h"

namespace deepstack {

struct ReportedVideo {
  std::string name;  // of the file, without its folder
  int width = 0;
  int height = 0;
  double fps = 0;
  int64_t frames = 0;
  std::optional<double> processing_s;
};

// The same input gives the same bytes.
std::string html_page(const EventLog& log, const IdentityHistory& history,
                      const std::vector<Thumbnail>& thumbnails, const ReportedVideo& video);

}  // namespace deepstack
