#include "core/publish/publish_loop.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "core/time/clock.h"

namespace deepstack {
namespace {

constexpr int64_t kStoreDelay_ns = std::chrono::nanoseconds(Publication::kStoreDelay).count();
constexpr int64_t kStoreRetry_ns = 1'000'000'000;

int64_t now_ns() { return SteadyClock().now_ns(); }

void wait_until_ns(std::condition_variable& wake, std::unique_lock<std::mutex>& lock,
                   int64_t time_ns) {
  if (time_ns == EventPublisher::kNever) return wake.wait(lock);
  wake.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time_ns)));
}

// A broken pipe and a file at its limit are errors of a write here, not the end of the process.
void block_write_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

PublishLoop::PublishLoop(const PublishPlan& plan, Publication::OnNotice on_notice)
    : plan_(plan),
      on_notice_(std::move(on_notice)),
      queue_({plan.settings.spool_max_items, plan.settings.spool_max_bytes}) {}

Result<std::shared_ptr<PublishLoop>> PublishLoop::make(const PublishPlan& plan,
                                                       const MakePublisher& make_publisher,
                                                       Publication::OnNotice on_notice) {
  std::shared_ptr<PublishLoop> loop(new PublishLoop(plan, std::move(on_notice)));
  loop->publisher_ = make_publisher(*loop);
  if (Status status = loop->publisher_->check(); !status.ok()) return status;
  if (Status status = loop->open_spool(); !status.ok()) return status;
  return loop;
}

Status PublishLoop::open_spool() {
  if (plan_.settings.spool_location.empty()) return {};
  Result<SpoolStore> store = SpoolStore::open(plan_.settings.spool_location);
  if (!store.ok()) return store.status();
  Result<std::vector<SpooledLine>> lines = store->load();
  if (!lines.ok()) return lines.status();
  if (!store->set_aside().empty()) {
    health_.add({PublishNotice::Kind::kSetAside, PublishState::kConnecting,
                 "the spool could not be read and is now " + store->set_aside()});
  }
  counters_.recovered = lines->size();
  counters_.dropped = queue_.restore(*std::move(lines));
  health_.dropped(counters_.dropped, now_ns());
  store_ = *std::move(store);
  want_store(0);
  return {};
}

void PublishLoop::publish() {
  block_write_signals();
  Lock lock(mutex_);
  while (!publishing_ends_) {
    if (publish_once(lock, now_ns())) continue;
    wait_until_ns(
        publish_wake_, lock,
        std::min(link_ == Link::kAway ? retry_at_ns_ : EventPublisher::kNever, serve_at_ns_));
  }
  lock.unlock();
  publisher_->close();
}

bool PublishLoop::publish_once(Lock& lock, int64_t now) {
  const auto unlocked = [&lock](auto&& call) {
    lock.unlock();
    call();
    lock.lock();
    return true;
  };
  if (std::exchange(to_be_closed_, false)) {
    return unlocked([this] { publisher_->close(); });
  }
  if (link_ == Link::kAway && now >= retry_at_ns_) {
    link_ = Link::kOpening;
    return unlocked([this] { publisher_->open(); });
  }
  if (std::exchange(news_, false) || now >= serve_at_ns_) {
    int64_t next_ns = EventPublisher::kNever;
    unlocked([&] { next_ns = publisher_->serve(now); });
    serve_at_ns_ = next_ns;
    return true;
  }
  if (link_ != Link::kOpen) return false;
  const std::optional<SpooledLine> line = queue_.next(publisher_->window());
  if (!line) return false;
  news_ = true;  // a file is to be synced some time after
  return unlocked([&] { publisher_->send(line->number, *line->json); });
}

void PublishLoop::keep() {
  block_write_signals();
  Lock lock(mutex_);
  while (true) {
    if (keep_once(lock, now_ns())) continue;
    if (keeping_ends_) return;
    wait_until_ns(keep_wake_, lock, std::min(store_at_ns_, health_.due_ns()));
  }
}

bool PublishLoop::keep_once(Lock& lock, int64_t now) {
  if (now >= health_.due_ns()) {
    say(lock, now);
    return true;
  }
  if (now < store_at_ns_) return false;
  store(lock);
  return true;
}

void PublishLoop::store(Lock& lock) {
  store_at_ns_ = EventPublisher::kNever;
  const SpoolChanges changes = queue_.take_changes();
  if (changes.empty()) return;
  lock.unlock();
  const Status status = store_->write(changes);
  lock.lock();
  if (status.ok()) {
    health_.spool_written();
  } else {
    queue_.give_back();
    ++counters_.spool_errors;
    health_.spool_failed("spool-location " + plan_.settings.spool_location + ": " +
                         status.message());
  }
  if (!status.ok() && keeping_ends_) return;
  want_store(status.ok() ? kStoreDelay_ns : kStoreRetry_ns);
}

void PublishLoop::say(Lock& lock, int64_t now) {
  const std::vector<PublishNotice> notices = health_.take_notices(now);
  const PublishStats stats = stats_now();
  lock.unlock();
  for (const PublishNotice& notice : notices) on_notice_(notice, stats);
  lock.lock();
}

void PublishLoop::stop_publishing() {
  {
    const std::lock_guard guard(mutex_);
    publishing_ends_ = true;
    publish_wake_.notify_all();
  }
  publisher_->interrupt();
}

void PublishLoop::stop_keeping() {
  const std::lock_guard guard(mutex_);
  keeping_ends_ = true;
  say_left();
  want_store(0);
  if (store_at_ns_ != EventPublisher::kNever) store_at_ns_ = 0;
  keep_wake_.notify_all();
}

void PublishLoop::put(std::string line) {
  const std::lock_guard guard(mutex_);
  ++counters_.received;
  const uint64_t dropped = queue_.put(std::move(line));
  counters_.dropped += dropped;
  health_.dropped(dropped, now_ns());
  if (dropped > 0) keep_wake_.notify_one();
  want_store(kStoreDelay_ns);
  publish_wake_.notify_one();
}

uint64_t PublishLoop::drain(std::chrono::milliseconds patience) {
  Lock lock(mutex_);
  drained_.wait_for(lock, patience, [this] { return interrupted_ || queue_.size() == 0; });
  say_left();
  return queue_.size();
}

void PublishLoop::set_interrupted(bool interrupted) {
  const std::lock_guard guard(mutex_);
  interrupted_ = interrupted;
  drained_.notify_all();
}

void PublishLoop::say_left() {
  const uint64_t left = queue_.size();
  if (left == left_said_) return;
  left_said_ = left;
  if (left == 0) return;
  const std::string& folder = plan_.settings.spool_location;
  health_.add({PublishNotice::Kind::kLeft, PublishState::kConnecting,
               folder.empty() ? "not delivered, and lost without a spool-location"
                              : "not delivered, kept in " + folder + " for the next run",
               left});
  keep_wake_.notify_one();
}

void PublishLoop::opened() {
  const std::lock_guard guard(mutex_);
  if (link_ != Link::kOpening) return;
  link_ = Link::kOpen;
  health_.opened();
  publish_wake_.notify_one();
  keep_wake_.notify_one();
}

void PublishLoop::lost(PublishFailure failure) {
  failure.reason = plan_.redactor.apply(failure.reason);
  const std::lock_guard guard(mutex_);
  if (link_ == Link::kAway) return;
  link_ = Link::kAway;
  to_be_closed_ = true;
  retry_at_ns_ = now_ns() + ladder_.after(failure.kind);
  queue_.resend();
  health_.lost(failure);
  publish_wake_.notify_one();
  keep_wake_.notify_one();
}

void PublishLoop::troubled(PublishFailure failure) {
  failure.reason = plan_.redactor.apply(failure.reason);
  const std::lock_guard guard(mutex_);
  health_.lost(failure);
  keep_wake_.notify_one();
}

void PublishLoop::delivered(uint64_t number) {
  const std::lock_guard guard(mutex_);
  if (link_ == Link::kOpen) {
    ladder_.start_over();
    health_.delivered();
  }
  if (queue_.settle(number)) ++counters_.published;
  settled();
}

void PublishLoop::rejected(uint64_t number, std::string reason) {
  reason = plan_.redactor.apply(reason);
  const std::lock_guard guard(mutex_);
  if (queue_.settle(number)) ++counters_.rejected;
  health_.reject(std::move(reason));
  settled();
}

void PublishLoop::has_news() {
  const std::lock_guard guard(mutex_);
  news_ = true;
  publish_wake_.notify_one();
}

void PublishLoop::settled() {
  want_store(kStoreDelay_ns);
  if (queue_.size() == 0) {
    health_.emptied();
    drained_.notify_all();
  }
  if (health_.due_ns() == 0) keep_wake_.notify_one();
  publish_wake_.notify_one();
}

void PublishLoop::want_store(int64_t delay_ns) {
  if (!store_ || !queue_.changed() || store_at_ns_ != EventPublisher::kNever) return;
  store_at_ns_ = now_ns() + delay_ns;
  keep_wake_.notify_one();
}

PublishStats PublishLoop::stats_now() const {
  PublishStats stats = counters_;
  stats.state = health_.state();
  stats.uri = plan_.address.shown;
  stats.last_error = health_.last_error();
  stats.spooled = queue_.size();
  stats.spooled_bytes = queue_.bytes();
  stats.reconnects = health_.openings() > 0 ? health_.openings() - 1 : 0;
  return stats;
}

PublishStats PublishLoop::stats() const {
  const std::lock_guard guard(mutex_);
  return stats_now();
}

}  // namespace deepstack
