// SerialScope: LibTorch and its BLAS use one thread in this thread while it lives.
//
// LibTorch spreads every operator over an OpenMP team, which meets at a barrier after each of them
// and spins there. Beside a decoder on a small machine the team rarely runs at once, and the spinning
// costs more than the work (measured: ten times slower with one core taken). Work is therefore spread
// once a frame, over crops, and each share runs alone.
#pragma once

#include <ATen/Parallel.h>

namespace deepstack {

class SerialScope {
 public:
  SerialScope() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~SerialScope() { at::set_num_threads(before_); }
  SerialScope(const SerialScope&) = delete;
  SerialScope& operator=(const SerialScope&) = delete;

 private:
  const int before_;
};

}  // namespace deepstack
