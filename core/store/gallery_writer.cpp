#include "core/store/gallery_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace deepstack {
namespace {

using namespace std::chrono_literals;

// With the time that a commit itself takes, less than a second.
constexpr auto kCommitAfter = 500ms;
constexpr auto kRetryAfter = 1s;

std::chrono::steady_clock::duration retention_interval(double ttl_s) {
  const std::chrono::duration<double> interval(std::clamp(ttl_s / 10, 1.0, 3600.0));
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(interval);
}

}  // namespace

GalleryWriter::GalleryWriter(IdentityStore store, ChangeSource& source, double ttl_s,
                             std::shared_ptr<const Clock> clock)
    : store_(std::move(store)),
      source_(source),
      ttl_s_(ttl_s),
      clock_(std::move(clock)),
      latest_s_(source.latest_s()),
      retention_due_(std::chrono::steady_clock::now() + retention_interval(ttl_s)),
      thread_([this] { run(); }) {}

GalleryWriter::~GalleryWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void GalleryWriter::wake() {
  const std::lock_guard lock(mutex_);
  if (pending_) return;
  pending_ = true;
  due_ = std::chrono::steady_clock::now() + kCommitAfter;
  changed_.notify_all();
}

Status GalleryWriter::flush() {
  std::unique_lock lock(mutex_);
  const uint64_t ours = ++requested_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return served_ >= ours; });
  return status_;
}

uint64_t GalleryWriter::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

Status GalleryWriter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void GalleryWriter::run() {
  std::unique_lock lock(mutex_);
  bool last = false;
  while (!last) {
    const auto wanted = [this] { return stopping_ || requested_ > served_; };
    changed_.wait_until(lock, retention_due_, [&] { return pending_ || wanted(); });
    if (pending_ && !wanted()) changed_.wait_until(lock, due_, wanted);
    last = stopping_;
    pending_ = false;
    const uint64_t serving = requested_;
    lock.unlock();
    Status status = write_all();
    if (status.ok() && std::chrono::steady_clock::now() >= retention_due_) status = retain();
    lock.lock();
    served_ = serving;
    if (!status.ok()) {
      ++errors_;
      pending_ = true;
      due_ = std::chrono::steady_clock::now() + kRetryAfter;
    }
    status_ = std::move(status);
    changed_.notify_all();
  }
}

Status GalleryWriter::write_all() {
  for (;;) {
    const GalleryChanges changes = source_.take_changes();
    if (changes.empty()) return {};
    if (Status status = store_.write(changes); !status.ok()) {
      source_.give_back(changes);
      return status;
    }
  }
}

Status GalleryWriter::retain() {
  const Result<std::optional<double>> set_s = store_.retention_s();
  if (!set_s.ok()) return set_s.status();
  const double ttl_s = std::min(ttl_s_, set_s->value_or(ttl_s_));
  const double latest_s = source_.latest_s();
  const double now_s = latest_s == latest_s_ ? clock_->unix_s() : latest_s;
  source_.expire_before(now_s - ttl_s);
  Status status = write_all();
  if (status.ok()) status = store_.apply_retention(ttl_s, now_s).status();
  if (!status.ok()) return status;
  latest_s_ = source_.latest_s();
  retention_due_ = std::chrono::steady_clock::now() + retention_interval(ttl_s);
  return {};
}

}  // namespace deepstack
