// PublishLoop: what the two threads of a Publication do and share. publish() opens the publisher,
// hands it what waits and opens it anew when it is lost; keep() writes the spool and says notices.
//
// One mutex, a leaf: nothing is called with it held. The publisher's answers come by whatever
// thread its library has.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/publish/event_publisher.h"
#include "core/publish/publication.h"
#include "core/publish/publish_health.h"
#include "core/publish/retry_ladder.h"
#include "core/publish/spool_queue.h"
#include "core/publish/spool_store.h"

namespace deepstack {

class PublishLoop final : private DeliveryListener {
 public:
  using MakePublisher = std::function<std::unique_ptr<EventPublisher>(DeliveryListener&)>;

  static Result<std::shared_ptr<PublishLoop>> make(const PublishPlan& plan,
                                                   const MakePublisher& make_publisher,
                                                   Publication::OnNotice on_notice);

  void publish();  // until stop_publishing()
  void keep();     // until stop_keeping()
  void stop_publishing();
  void stop_keeping();

  void put(std::string line);
  uint64_t drain(std::chrono::milliseconds patience);
  void set_interrupted(bool interrupted);
  PublishStats stats() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  enum class Link { kAway, kOpening, kOpen };

  PublishLoop(const PublishPlan& plan, Publication::OnNotice on_notice);
  Status open_spool();

  void opened() override;
  void lost(PublishFailure failure) override;
  void troubled(PublishFailure failure) override;
  void delivered(uint64_t number) override;
  void rejected(uint64_t number, std::string reason) override;
  void has_news() override;

  // Both with the lock held, which they give up to call out. True: something was done.
  bool publish_once(Lock& lock, int64_t now_ns);
  bool keep_once(Lock& lock, int64_t now_ns);
  void store(Lock& lock);
  void say(Lock& lock, int64_t now_ns);

  // With the lock held.
  void settled();
  void want_store(int64_t delay_ns);
  void say_left();
  PublishStats stats_now() const;

  const PublishPlan plan_;
  const Publication::OnNotice on_notice_;
  std::unique_ptr<EventPublisher> publisher_;  // called by publish() only, but for interrupt()
  std::optional<SpoolStore> store_;            // keep() only

  mutable std::mutex mutex_;  // everything below
  std::condition_variable publish_wake_;
  std::condition_variable keep_wake_;
  std::condition_variable drained_;
  SpoolQueue queue_;
  PublishHealth health_;
  RetryLadder ladder_;
  PublishStats counters_;  // the counters of it only
  Link link_ = Link::kAway;
  bool to_be_closed_ = false;
  bool news_ = false;
  int64_t retry_at_ns_ = 0;
  int64_t serve_at_ns_ = EventPublisher::kNever;
  int64_t store_at_ns_ = EventPublisher::kNever;
  uint64_t left_said_ = 0;
  bool interrupted_ = false;
  bool publishing_ends_ = false;
  bool keeping_ends_ = false;
};

}  // namespace deepstack
