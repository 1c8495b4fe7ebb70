// EventPublications: where the lines of all cameras go beside the output of `deepstack watch`:
// brokers, files (core/publish/). Each has a queue of its own, with --publish-spool a folder of its
// own.
//
// write() by any thread; the rest by the thread whose default main context runs, which say() is
// called by.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/publish/publication.h"
#include "core/status.h"

namespace deepstack {

struct PublishOptions {
  std::vector<std::string> uris{};
  std::vector<std::string> credentials_files{};  // none, one for all, or one a URI
  std::string ca_file{};
  std::string spool{};  // folder; "" = in memory only
};

class EventPublications {
 public:
  // Of the publication's URI, and what there is to say of it.
  using Say = std::function<void(const std::string&, const std::string&)>;

  static Result<std::unique_ptr<EventPublications>> open(const PublishOptions& options, Say say);

  // Lines with their ends.
  void write(std::string_view text);
  // Waits until all is delivered or patience is over; what is left by then is said, and kept with
  // --publish-spool.
  void finish(std::chrono::milliseconds patience);

 private:
  std::vector<std::unique_ptr<Publication>> publications_;
};

}  // namespace deepstack
