// Identity: someone or something that is known, with a few kept views of it (prototypes). Plain
// values. All seconds are gallery time: UNIX seconds, which streams and runs share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace deepstack {

// One kept view of an identity.
struct Prototype {
  int64_t id = 0;                // 1, 2, ... in its gallery; never given twice
  std::vector<uint16_t> tokens;  // IEEE half, [levels, tokens, width], length 1 each
  std::vector<float> gate;       // [levels]
  double seconds = 0;
  float quality = 1;  // of the view, 0..1
  size_t row = 0;     // in the gallery's SummaryIndex
};

struct Identity {
  std::string uuid;
  int64_t number = 0;  // 1, 2, ... in order of appearance; for formats that want integers
  std::string label;
  double first_seen_s = 0;
  double last_seen_s = 0;
  std::vector<Prototype> prototypes;  // oldest first
  bool opted_out = false;  // recognised to be left alone: never told, learnt, seen or forgotten
};

// What can be said of an identity without holding on to the gallery.
struct KnownIdentity {
  int64_t number = 0;
  std::string uuid;
  double last_seen_s = 0;
  bool opted_out = false;
};

// Numbers stay exact in every JSON reader, which knows doubles only.
inline constexpr int64_t kLargestNumber = (int64_t{1} << 53) - 1;

}  // namespace deepstack
