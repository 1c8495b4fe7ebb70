// cost_of(): what a call takes of the processor and of memory, for limits that tests hold.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

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
Cost cost_of(const Call& call) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  malloc_trim(0);  // what was freed before must not hide what is taken now
  std::ofstream("/proc/self/clear_refs") << "5";  // the highest size is the size now
  const double memory = process_mebibytes("VmRSS:");
  const double begin = now();
  call();
  const double end = now();
  return {end - begin, std::max(0.0, process_mebibytes("VmHWM:") - memory)};
}

}  // namespace deepstack::test
