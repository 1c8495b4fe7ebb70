// EventFeed: the lines that are appended to a file of events, as they come, for pages that watch.
// It is told by inotify; nothing is polled. A file that is not there yet, is cut off or is replaced
// (log rotation) is followed by its name. The last lines are kept, bounded in count and bytes; who
// reads slower than they come is told how many it missed. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/status.h"

namespace deepstack {

class EventFeed {
 public:
  static constexpr size_t kMostLines = 512;
  static constexpr size_t kMostBytes = 1 << 20;
  static constexpr size_t kLongestLine = 64 * 1024;  // longer ones are dropped
  static constexpr size_t kFirstBytes = 64 * 1024;   // of the file's end, read at the start

  // kNotFound: the file's folder is not there.
  static Result<std::unique_ptr<EventFeed>> follow(const std::filesystem::path& file);
  ~EventFeed();

  struct Line {
    uint64_t number = 0;  // from 1, rising by one
    uint64_t missed = 0;  // lines before it that are gone already
    std::string text;     // one JSON object
  };
  // The first line after this number; waits until there is one. Nothing: it took longer, or stop()
  // was called.
  std::optional<Line> next(uint64_t after, std::chrono::milliseconds patience);

  // Lets nobody wait any more.
  void stop();
  bool stopped() const;

  uint64_t last_number() const;
  uint64_t dropped_lines() const;  // too long, or no JSON

 private:
  explicit EventFeed(std::filesystem::path file) : file_(std::move(file)) {}

  Status begin();
  void run();
  void read_more();
  void open_file();
  void take(std::string_view bytes);
  void add(std::string line);

  // The thread's alone.
  std::filesystem::path file_;
  int watch_ = -1;  // inotify, of the folder
  int stop_event_ = -1;
  int descriptor_ = -1;  // the file as it was opened last; -1: not there
  uint64_t inode_ = 0;
  uint64_t offset_ = 0;
  std::string begun_;      // of the line that is not ended yet
  bool skipping_ = false;  // to the end of a line that is too long, or was begun before we came

  mutable std::mutex mutex_;  // everything below
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  size_t bytes_ = 0;
  uint64_t last_ = 0;  // number of the newest line
  uint64_t dropped_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace deepstack
