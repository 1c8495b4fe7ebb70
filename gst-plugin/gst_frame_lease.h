// GstFrameLease: a GstBuffer with raw video, lent to the analysis. It holds one reference and, once
// view() was called, one read mapping; both end with the lease. The buffer itself is never written.
#pragma once

#include <gst/video/video.h>

#include "core/frame/frame_lease.h"
#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {

class GstFrameLease final : public FrameLease {
 public:
  // Takes a reference of its own. info: the caps that the buffer was sent with.
  GstFrameLease(GstBuffer* buffer, const GstVideoInfo& info)
      : buffer_(share(buffer)), info_(info) {}
  ~GstFrameLease() override;
  GstFrameLease(const GstFrameLease&) = delete;
  GstFrameLease& operator=(const GstFrameLease&) = delete;

  Result<FrameView> view() override;

 private:
  Result<Plane> plane(guint index, const GstVideoCropMeta* crop) const;

  GstRef<GstBuffer> buffer_;
  GstVideoInfo info_;
  GstVideoFrame frame_{};
  bool mapped_ = false;
};

}  // namespace deepstack::gst
