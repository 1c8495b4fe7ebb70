#include "gst-plugin/camera_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gst-plugin/camera_gate.h"
#include "gst-plugin/camera_knock.h"
#include "gst-plugin/gst_ref.h"

GST_DEBUG_CATEGORY_EXTERN(gst_deepstack_camera_debug);
#define GST_CAT_DEFAULT gst_deepstack_camera_debug

namespace deepstack::gst {
namespace {

using Source = CameraStep::Source;

constexpr size_t kMaxFacts = 8;
constexpr int64_t kGapIntervalNs = 1'000'000'000;

std::optional<int64_t> earlier(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

CameraWorker::CameraWorker(GstBin* bin, GstElement* gate, CameraPlan plan)
    : bin_(bin),
      gate_(gate),
      plan_(std::move(plan)),
      shown_uri_(plan_.redactor.apply(plan_.address.uri)),
      knocking_(g_cancellable_new()),
      supervisor_(plan_.policy),
      thread_([this] { run(); }) {}

CameraWorker::~CameraWorker() { g_object_unref(knocking_); }

void CameraWorker::play() {
  const std::lock_guard lock(mutex_);
  playing_wanted_ = true;
  changed_.notify_all();
}

void CameraWorker::pause() {
  const std::lock_guard lock(mutex_);
  playing_wanted_ = false;
  changed_.notify_all();
}

void CameraWorker::interrupt() {
  g_cancellable_cancel(knocking_);
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

GstEvent* CameraWorker::on_frame() {
  CameraStep step;
  {
    const std::lock_guard lock(mutex_);
    step = supervisor_.frame(clock_.now_ns());
    // Later is no news: the thread finds out when it wakes. Earlier is: after the second frame
    // silence is noticed sooner than after the first.
    const std::optional<int64_t> deadline = supervisor_.deadline_ns();
    if (waits_until_ns_ && deadline && *deadline < *waits_until_ns_) changed_.notify_all();
  }
  if (!step.notice) return nullptr;
  const bool back = step.notice->kind == CameraNotice::Kind::kBack;
  GstEvent* event = nullptr;
  if (back) {
    event = gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                 camera_structure(*step.notice, shown_uri_));
  }
  tell(*step.notice);
  // How late it is may have changed with the camera.
  gst_element_post_message(GST_ELEMENT(bin_), gst_message_new_latency(GST_OBJECT(bin_)));
  return event;
}

// A video that is served over HTTP has a length, a camera's stream has none.
bool CameraWorker::has_duration() const {
  const GstRef<GstPad> sink(gst_element_get_static_pad(gate_, "sink"));
  gint64 length = 0;
  return gst_pad_peer_query_duration(sink.get(), GST_FORMAT_TIME, &length) != FALSE && length > 0;
}

bool CameraWorker::on_ended() {
  const bool end = !plan_.policy.live || (plan_.address.is_http() && has_duration());
  const std::lock_guard lock(mutex_);
  if (end) supervisor_.set_live(false);
  add({Fact::Kind::kEnded, {}, GST_FLOW_OK});
  return end;
}

void CameraWorker::on_refused(GstFlowReturn flow) {
  const std::lock_guard lock(mutex_);
  add({Fact::Kind::kRefused, {}, flow});
}

void CameraWorker::on_error(GstMessage* message) {
  CameraError error = classify(message);
  error.reason = plan_.redactor.apply(error.reason);
  const std::lock_guard lock(mutex_);
  add({Fact::Kind::kFailed, std::move(error), GST_FLOW_OK});
}

void CameraWorker::add(Fact fact) {
  if (facts_.size() < kMaxFacts) facts_.push_back(std::move(fact));
  changed_.notify_all();
}

void CameraWorker::run() {
  Lock lock(mutex_);
  while (!stopping_) iterate(lock);
  disconnect(lock);
}

// One thing that happened, or one that is due; or waits for either.
void CameraWorker::iterate(Lock& lock) {
  if (playing_ != playing_wanted_) return follow_state(lock);
  const int64_t now_ns = clock_.now_ns();
  if (!facts_.empty()) {
    const Fact fact = std::move(facts_.front());
    facts_.pop_front();
    return carry_out(lock, digest(fact, now_ns));
  }
  if (supervisor_.state() == CameraState::kLive) gap_at_ns_.reset();
  if (gap_at_ns_ && now_ns >= *gap_at_ns_) {
    gap_at_ns_ = now_ns + kGapIntervalNs;
    lock.unlock();
    camera_gate_push_gap(gate_);
    lock.lock();
    return;
  }
  const std::optional<int64_t> deadline = supervisor_.deadline_ns();
  if (deadline && now_ns >= *deadline) {
    if (camera_gate_is_pushing(gate_)) supervisor_.held_up(now_ns);
    return carry_out(lock, supervisor_.tick(now_ns));
  }
  waits_until_ns_ = earlier(deadline, gap_at_ns_);
  if (waits_until_ns_) {
    changed_.wait_for(lock, std::chrono::nanoseconds(*waits_until_ns_ - now_ns));
  } else {
    changed_.wait(lock);
  }
  waits_until_ns_.reset();
}

void CameraWorker::follow_state(Lock& lock) {
  playing_ = playing_wanted_;
  const int64_t now_ns = clock_.now_ns();
  if (!std::exchange(begun_, true)) return carry_out(lock, supervisor_.start(now_ns));
  const bool play = playing_;
  if (play) {
    supervisor_.resume(now_ns);
  } else {
    supervisor_.pause();
  }
  lock.unlock();
  if (connection_ != nullptr) play ? connection_->play() : connection_->pause();
  lock.lock();
}

CameraStep CameraWorker::digest(const Fact& fact, int64_t now_ns) {
  switch (fact.kind) {
    case Fact::Kind::kEnded:
      return supervisor_.ended(now_ns);
    case Fact::Kind::kFailed:
      return supervisor_.failed(now_ns, fact.error.fault, fact.error.reason);
    case Fact::Kind::kRefused:
      supervisor_.set_live(false);
      if (fact.flow == GST_FLOW_EOS) return supervisor_.ended(now_ns);
      return supervisor_.failed(
          now_ns, CameraFault::kUnusable,
          std::string("downstream takes no more: ") + gst_flow_get_name(fact.flow));
  }
  return {};
}

void CameraWorker::carry_out(Lock& lock, CameraStep step) {
  while (true) {
    GstEvent* event = nullptr;
    const std::string reason = step.notice ? step.notice->reason : "";
    if (!reason.empty()) last_reason_ = reason;
    lock.unlock();
    if (step.notice) {
      if (step.notice->kind != CameraNotice::Kind::kState) {
        event = gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                     camera_structure(*step.notice, shown_uri_));
      }
      tell(*step.notice);
    }
    lock.lock();
    if (step.source == Source::kStop) disconnect(lock);
    lock.unlock();
    if (event != nullptr) camera_gate_push_event(gate_, event);
    if (step.gave_up) fail(reason);
    if (step.source == Source::kStart) {
      camera_gate_expect_connection(gate_);
      connection_ = std::make_unique<CameraConnection>(bin_, gate_, plan_);
    }
    lock.lock();
    if (step.source != Source::kKnock || stopping_) return;
    step = knock(lock);
  }
}

void CameraWorker::disconnect(Lock& lock) {
  std::unique_ptr<CameraConnection> last = std::move(connection_);
  if (last == nullptr) return;
  lock.unlock();
  last.reset();
  camera_gate_expect_connection(gate_);
  lock.lock();
  facts_.clear();  // all that it had to say
  gap_at_ns_ = clock_.now_ns();
}

CameraStep CameraWorker::knock(Lock& lock) {
  lock.unlock();
  const bool listens = somebody_listens(plan_.address.uri, knocking_);
  lock.lock();
  return supervisor_.knocked(clock_.now_ns(), listens);
}

void CameraWorker::tell(const CameraNotice& notice) {
  std::optional<uint64_t> left_out;  // nothing: no line may be written
  if (notice.kind != CameraNotice::Kind::kState) {
    const std::lock_guard lock(mutex_);
    left_out = log_lines_.take(clock_.now_ns());
  }
  if (left_out) {
    GST_WARNING_OBJECT(bin_, "%s %s (%s); %" G_GUINT64_FORMAT " lines left out",
                       notice_name(notice.kind), shown_uri_.c_str(), notice.reason.c_str(),
                       guint64{*left_out});
  }
  gst_element_post_message(
      GST_ELEMENT(bin_),
      gst_message_new_element(GST_OBJECT(bin_), camera_structure(notice, shown_uri_)));
}

void CameraWorker::fail(const std::string& reason) {
  GST_ELEMENT_ERROR(bin_, RESOURCE, READ, ("%s", reason.c_str()), (nullptr));
}

GstStructure* CameraWorker::stats() const {
  const std::lock_guard lock(mutex_);
  return gst_structure_new(
      "deepstack-camera-stats", "state", G_TYPE_STRING, camera_state_name(supervisor_.state()),
      "uri", G_TYPE_STRING, shown_uri_.c_str(), "last-reason", G_TYPE_STRING, last_reason_.c_str(),
      "frames", G_TYPE_UINT64, guint64{supervisor_.frames()}, "reconnects", G_TYPE_UINT64,
      guint64{supervisor_.reconnects()}, "stalls", G_TYPE_UINT64, guint64{supervisor_.stalls()},
      "ticks-skipped", G_TYPE_UINT64, guint64{supervisor_.ticks_skipped()}, "away-ms",
      G_TYPE_UINT64, static_cast<guint64>(supervisor_.away_ns(clock_.now_ns())) / 1'000'000,
      nullptr);
}

}  // namespace deepstack::gst
