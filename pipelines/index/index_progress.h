// IndexProgress: how far a run has come, on stderr: a bar where that is a terminal, plain lines
// where it is not, or JSON, one object a line. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>

#include "pipelines/index/recording_list.h"

namespace deepstack {

class IndexProgress {
 public:
  enum class Form { kBar, kLines, kJson };
  enum class End { kDone, kSkipped, kFailed };

  IndexProgress(std::FILE* to, Form form, const std::vector<Recording>& recordings);
  ~IndexProgress();  // the line of the bar is over

  // Work on a recording begins where it was left: at this share of it.
  void begin(const Recording& recording, double share);
  // One more frame of it; its share that is done by now.
  void advance(const Recording& recording, double share);
  void end(const Recording& recording, End how, const std::string& why);

  int64_t frames() const;  // of this run

 private:
  using Steady = std::chrono::steady_clock;

  struct Now {
    uint64_t files = 0;
    double share = 0;
    double fps = 0;
    double eta_s = -1;  // negative: not known yet
    std::string name;
  };

  Now now() const;
  void show(bool at_once);
  void show_bar(const Now& now);
  void show_json(const Now& now);
  void say(const std::string& line);

  std::FILE* const to_;
  const Form form_;
  const uint64_t files_;
  uint64_t bytes_ = 0;
  const Steady::time_point started_ = Steady::now();

  mutable std::mutex mutex_;  // everything below
  Steady::time_point due_ = Steady::now();
  std::map<std::string, double> open_;  // bytes that are done of each that is worked on
  double closed_bytes_ = 0;             // of those that are over
  double given_bytes_ = 0;              // that were done before this run
  uint64_t closed_files_ = 0;
  int64_t frames_ = 0;
  bool bar_shown_ = false;
};

}  // namespace deepstack
