// TimedEncoder: another encoder, and when it was at work. For one stream: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/encoder.h"
#include "core/time/clock.h"

namespace deepstack {

class TimedEncoder final : public Encoder {
 public:
  struct Work {
    int64_t began_ns = 0;  // the first call
    int64_t ended_ns = 0;  // the last call
  };

  TimedEncoder(std::shared_ptr<Encoder> encoder, std::shared_ptr<const Clock> clock)
      : encoder_(std::move(encoder)), clock_(std::move(clock)) {}

  const ModelInfo& info() const override { return encoder_->info(); }

  Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                      std::span<const Box> boxes) override {
    const Watch watch(*this);
    return encoder_->encode(frame, boxes);
  }

  Result<std::vector<Feature>> encode_adaptively(const EncoderFrame& frame,
                                                 std::span<const Box> boxes,
                                                 const GoDeeper& go_deeper) override {
    const Watch watch(*this);
    return encoder_->encode_adaptively(frame, boxes, go_deeper);
  }

  // Since it was asked last; nothing when it was not called.
  std::optional<Work> take_work() { return std::exchange(work_, std::nullopt); }

 private:
  class Watch {
   public:
    explicit Watch(TimedEncoder& timed) : timed_(timed) {
      if (!timed_.work_) timed_.work_ = Work{timed_.clock_->now_ns(), 0};
    }
    ~Watch() { timed_.work_->ended_ns = timed_.clock_->now_ns(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    TimedEncoder& timed_;
  };

  const std::shared_ptr<Encoder> encoder_;
  const std::shared_ptr<const Clock> clock_;
  std::optional<Work> work_;
};

}  // namespace deepstack
