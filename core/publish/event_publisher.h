// EventPublisher: one way out for lines: a broker, a file, stdout. An implementation a file, made
// by make_publisher(). It keeps nothing: what it lost is handed to it again.
//
// One thread calls it, and never with a lock held. DeliveryListener is called by that thread or by
// threads of a client library; once close() has returned it is not called until open() is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/publish/publish_settings.h"
#include "core/status.h"

namespace deepstack {

struct PublishFailure {
  enum class Kind {
    kLost,     // nobody there, or not any more
    kRefused,  // there, but not for us: the password
    kFull,     // the disk takes no more
  };
  Kind kind = Kind::kLost;
  std::string reason;  // one line; may show credentials: to be redacted by whoever shows it
};

class DeliveryListener {
 public:
  virtual ~DeliveryListener() = default;
  // It takes lines. May be told again, after troubled().
  virtual void opened() = 0;
  // Over: lines that were not delivered are lost to it. close() is called next.
  virtual void lost(PublishFailure failure) = 0;
  // It has lost its broker, keeps the lines that it has, and goes on trying by itself.
  virtual void troubled(PublishFailure failure) = 0;
  virtual void delivered(uint64_t number) = 0;
  // The broker will never take this line.
  virtual void rejected(uint64_t number, std::string reason) = 0;
  // serve() is to be called.
  virtual void has_news() = 0;
};

class EventPublisher {
 public:
  virtual ~EventPublisher() = default;

  // What can be known before the first line: kInvalid or kUnavailable, in one line.
  virtual Status check() { return {}; }
  // Begins; opened() or lost() is the answer.
  virtual void open() = 0;
  // REQUIRES: open. delivered(), rejected() or lost() is the answer, lines in their order.
  virtual void send(uint64_t number, const std::string& json) = 0;
  // What is due by now; returns the time at which it wants to be called again, in ns of Clock, or
  // kNever.
  static constexpr int64_t kNever = INT64_MAX;
  virtual int64_t serve(int64_t /*now_ns*/) { return kNever; }
  virtual void close() = 0;
  // Any thread: ends a send() that waits for a reader. For good.
  virtual void interrupt() {}

  // Most lines on their way at a time.
  virtual size_t window() const = 0;
};

// listener lives longer than the publisher.
std::unique_ptr<EventPublisher> make_publisher(const PublishPlan& plan, DeliveryListener& listener);

}  // namespace deepstack
