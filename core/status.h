// Status and Result<T>: how every function of core reports failure. Nothing is thrown across core's
// boundary; the one adapter that calls a throwing library catches and returns a Status.
//
// The message is one line for a person: what, which value, which limit ("model.safetensors: header
// says 99 bytes, file has 8"). Plain values; copyable; any thread.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace deepstack {

enum class StatusCode {
  kOk,
  kInvalid,      // the caller's input is wrong: a property, an argument, a frame
  kNotFound,     // a file or entry that was named does not exist
  kCorrupt,      // a file exists and is not what it should be
  kUnavailable,  // right now this cannot be done; later it may
  kExhausted,    // out of memory or over a limit
  kCancelled,    // the caller asked to stop
  kInternal,     // our mistake, or a library's
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status invalid(std::string message) { return {StatusCode::kInvalid, std::move(message)}; }
inline Status not_found(std::string message) { return {StatusCode::kNotFound, std::move(message)}; }
inline Status corrupt(std::string message) { return {StatusCode::kCorrupt, std::move(message)}; }
inline Status internal(std::string message) { return {StatusCode::kInternal, std::move(message)}; }

// A T or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                               // NOLINT: implicit
  Result(Status status) : status_(std::move(status)) { assert(!status_.ok()); }  // NOLINT: implicit

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // REQUIRES: ok().
  T& value() & { assert(ok()); return *value_; }
  const T& value() const& { assert(ok()); return *value_; }
  T&& value() && { assert(ok()); return std::move(*value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace deepstack
