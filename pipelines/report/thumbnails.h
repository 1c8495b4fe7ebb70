// Thumbnails: which sightings show an identity best, and their pictures cut out of the video.
//
// An identity has one best thumbnail and up to kFurtherThumbnails of other visits. At most
// kMaxThumbnails are made in all, so that the page stays small: first every identity's best.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/status.h"
#include "pipelines/report/identity_history.h"

namespace deepstack {

inline constexpr size_t kFurtherThumbnails = 4;
inline constexpr size_t kMaxThumbnails = 400;

struct Thumbnail {
  size_t identity = 0;  // index into IdentityHistory::identities
  bool best = false;
  int64_t time_ns = 0;
  Box box;        // as shares of the frame
  int width = 0;  // of the picture, in pixels; 0 while there is none
  int height = 0;
  std::string jpeg_base64;
};

// Without pictures yet; an identity's best one first, then by time. The large, sure and uncovered
// sightings win.
std::vector<Thumbnail> plan_thumbnails(const IdentityHistory& history,
                                       size_t most = kMaxThumbnails);

// Cuts the thumbnail out of its frame (B, G, R).
Status take_picture(const cv::Mat& frame, Thumbnail& thumbnail);

// RFC 4648, with padding.
std::string base64(const std::vector<uint8_t>& bytes);

}  // namespace deepstack
