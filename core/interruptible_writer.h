// InterruptibleWriter: writes to a descriptor whose reader may be slow or hang (a pipe, a terminal), so
// that another thread can end the wait. interrupt() by any thread, the rest by one.
#pragma once

#include <string_view>

namespace deepstack {

class InterruptibleWriter {
 public:
  // Takes the descriptor over, a negative one, too.
  explicit InterruptibleWriter(int descriptor);
  ~InterruptibleWriter();
  InterruptibleWriter(const InterruptibleWriter&) = delete;
  InterruptibleWriter& operator=(const InterruptibleWriter&) = delete;

  // Whether it can be written and interrupted; else errno was left by the constructor.
  bool is_open() const { return descriptor_ >= 0 && interrupt_ >= 0; }
  int descriptor() const { return descriptor_; }

  // 0, or what went wrong: EPIPE when the reader is gone, ECANCELED after interrupt().
  int write(std::string_view text) const;

  // Ends every write, for good.
  void interrupt() const;

 private:
  int wait_for_reader() const;

  const int descriptor_;
  const int interrupt_;  // an eventfd: readable once interrupted
};

}  // namespace deepstack
