// LineOutput: where the lines of all cameras go, one after the other, each whole and written at
// once. Any thread may write. A reader that is slow makes writers wait; a file that cannot grow
// (the disk is full) loses the lines meanwhile, counts them, and is never left with half of one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/interruptible_writer.h"
#include "core/status.h"

namespace deepstack {

class LineOutput {
 public:
  struct State {
    uint64_t lines = 0;
    uint64_t lost = 0;
    std::string failure;  // why the last line was lost; "" when it was not
    bool broken = false;  // nobody reads any more; nothing is written from here on
  };

  // path: a file, which is appended to and made when it is not there, with the rights of its owner
  // only; or "-" for stdout. on_change: told by the writing thread when lines begin or cease to be
  // lost.
  static Result<std::unique_ptr<LineOutput>> open(const std::string& path,
                                                  std::function<void()> on_change);
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // Before the first write: who is told of all lines, too, written or not, and does not wait.
  void also_to(std::function<void(std::string_view)> listener) { listener_ = std::move(listener); }

  // text: lines with their ends.
  void write(std::string_view text);

  // Ends every wait for a reader; lines that come later are lost.
  void interrupt();

  State state() const;

 private:
  LineOutput(std::string name, int fd, std::function<void()> on_change);
  int write_all(std::string_view text);

  const std::string name_;
  const InterruptibleWriter writer_;
  const std::function<void()> on_change_;
  bool regular_ = false;
  std::function<void(std::string_view)> listener_;

  std::mutex writing_;        // held while a line is written
  mutable std::mutex mutex_;  // a leaf
  State state_;               // guarded by mutex_
};

}  // namespace deepstack
