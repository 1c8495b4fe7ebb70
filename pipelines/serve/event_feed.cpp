#include "pipelines/serve/event_feed.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json_guard.h"

namespace deepstack {

Result<std::unique_ptr<EventFeed>> EventFeed::follow(const std::filesystem::path& file) {
  std::unique_ptr<EventFeed> feed(new EventFeed(std::filesystem::absolute(file)));
  if (Status status = feed->begin(); !status.ok()) return status;
  return feed;
}

Status EventFeed::begin() {
  stop_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  // The folder, so that a file that comes later, or takes the place of this one, is seen.
  constexpr uint32_t kChanges = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
  if (inotify_add_watch(watch_, file_.parent_path().c_str(), kChanges | IN_ONLYDIR) < 0) {
    return not_found("--events " + file_.string() +
                     ": its folder cannot be watched: " + std::generic_category().message(errno));
  }
  open_file();
  struct stat now {};
  if (descriptor_ >= 0 && fstat(descriptor_, &now) == 0 &&
      static_cast<uint64_t>(now.st_size) > kFirstBytes) {
    offset_ = static_cast<uint64_t>(now.st_size) - kFirstBytes;
    skipping_ = true;
  }
  read_more();
  thread_ = std::thread([this] { run(); });
  return {};
}

EventFeed::~EventFeed() {
  stop();
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_event_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  for (const int descriptor : {watch_, stop_event_, descriptor_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void EventFeed::run() {
  for (;;) {
    std::array<pollfd, 2> waited{{{watch_, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
    if (poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
    if (waited[1].revents != 0) return;
    // What happened to which file is looked up anew: a queue that ran over tells no less.
    alignas(inotify_event) std::array<char, 4096> ignored{};
    while (read(watch_, ignored.data(), ignored.size()) > 0) {
    }
    read_more();
  }
}

void EventFeed::open_file() {
  if (descriptor_ >= 0) close(descriptor_);
  struct stat found {};
  descriptor_ = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor_ >= 0 && (fstat(descriptor_, &found) != 0 || !S_ISREG(found.st_mode))) {
    close(std::exchange(descriptor_, -1));
  }
  inode_ = descriptor_ < 0 ? 0 : found.st_ino;
  offset_ = 0;
  begun_.clear();
  skipping_ = false;
}

void EventFeed::read_more() {
  std::array<char, 64 * 1024> bytes{};
  for (bool reopened = false;; reopened = true) {
    struct stat now {};
    if (descriptor_ >= 0 && fstat(descriptor_, &now) == 0 &&
        static_cast<uint64_t>(now.st_size) < offset_) {
      offset_ = 0;  // cut off: it begins anew
      begun_.clear();
      skipping_ = false;
    }
    ssize_t got = 0;
    while (descriptor_ >= 0 && (got = pread(descriptor_, bytes.data(), bytes.size(),
                                            static_cast<off_t>(offset_))) > 0) {
      offset_ += static_cast<uint64_t>(got);
      take({bytes.data(), static_cast<size_t>(got)});
    }
    const bool same = stat(file_.c_str(), &now) == 0 && now.st_ino == inode_;
    if (same || reopened) return;
    open_file();
  }
}

void EventFeed::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!skipping_) begun_.append(part);
    if (begun_.size() > kLongestLine) {
      skipping_ = true;
      begun_.clear();
      const std::lock_guard lock(mutex_);
      ++dropped_;
    }
    if (end == std::string_view::npos) return;
    if (!skipping_ && !begun_.empty()) add(std::move(begun_));
    begun_.clear();
    skipping_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void EventFeed::add(std::string line) {
  const Result<JsonTree> event = parse_guarded_json(line);
  const std::lock_guard lock(mutex_);
  if (!event.ok() || !(*event)->is_object()) {
    ++dropped_;
    return;
  }
  // Anew, so that it is one line of UTF-8 whatever stood there.
  lines_.push_back((*event)->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  bytes_ += lines_.back().size();
  ++last_;
  while (lines_.size() > kMostLines || bytes_ > kMostBytes) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
  changed_.notify_all();
}

std::optional<EventFeed::Line> EventFeed::next(uint64_t after, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  // A number from another run of this program would wait for ever.
  if (after > last_) after = last_;
  changed_.wait_for(lock, patience, [&] { return stopped_ || last_ > after; });
  if (stopped_ || last_ <= after) return std::nullopt;
  const uint64_t first = last_ - lines_.size() + 1;
  const uint64_t number = std::max(after + 1, first);
  return Line{number, number - after - 1, lines_[number - first]};
}

void EventFeed::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool EventFeed::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

uint64_t EventFeed::last_number() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

uint64_t EventFeed::dropped_lines() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace deepstack
