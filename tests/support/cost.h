// cost_of(): what a call takes of the processor and of memory, for limits that tests hold. A limit in
// time is relative_time_of(): machines differ, and so does one that others use as well.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

namespace deepstack::test {

// Sanitizers and builds without optimisation change both: then costs are not to be compared.
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool kCostsAreReal = true;
#else
constexpr bool kCostsAreReal = false;
#endif

struct Cost {
  double milliseconds = 0;  // of this thread on a processor: others may want the machine, too
  double mebibytes = 0;     // that the process grew by at its largest
};

// A line of /proc/self/status ("VmRSS:", "VmHWM:"), in MiB.
inline double process_mebibytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (double kibibytes = 0; word == key && status >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

template <typename Call>
double thread_milliseconds_of(const Call& call) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  const double begin = now();
  call();
  return now() - begin;
}

template <typename Call>
Cost cost_of(const Call& call) {
  malloc_trim(0);  // what was freed before must not hide what is taken now
  std::ofstream("/proc/self/clear_refs") << "5";  // the highest size is the size now
  const double memory = process_mebibytes("VmRSS:");
  const double milliseconds = thread_milliseconds_of(call);
  return {milliseconds, std::max(0.0, process_mebibytes("VmHWM:") - memory)};
}

// The unit of relative_time_of(): the JSON library, which is not ours, scans 8 MiB on the machine as
// it is at this moment. 52 ms on a quiet core of 2.9 GHz.
inline double yardstick_milliseconds() {
  static const std::string kText = [] {
    std::string text = "[";
    while (text.size() < 8 << 20) text += R"({"type":"F32","shape":[16,32],"offsets":[0,2048]},)";
    return text + "0]";
  }();
  return thread_milliseconds_of([] {
    if (!nlohmann::json::accept(kText)) std::abort();
  });
}

// The time of the call in yardsticks that are measured beside it: the least of five, or the first
// that is within the limit. Being twice as slow for a moment says nothing about the call.
template <typename Call>
double relative_time_of(const Call& call, double limit) {
  double least = std::numeric_limits<double>::infinity();
  for (int again = 0; again < 5 && least > limit; ++again) {
    const double milliseconds = thread_milliseconds_of(call);
    least = std::min(least, milliseconds / yardstick_milliseconds());
  }
  return least;
}

}  // namespace deepstack::test
