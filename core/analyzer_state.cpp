// An Analyzer's state as bytes and back, so that a video can be gone on with after a kill.
#include "core/analyzer.h"

namespace deepstack {

void Analyzer::save(ByteWriter& to) const {
  to.put(frame_.width);
  to.put(frame_.height);
  to.put(frame_.time.timeline);
  to.put(frame_.time.ns);
  to.put(uint8_t{started_});
  to.put(timeline_offset_s_);
  to.put(seconds_);
  to.put(previous_seconds_);
  to.put(last_region_id_);
  to.put(uint64_t{told_.size()});
  for (const int64_t track : told_) to.put(track);
  tracker_.save(to);
}

bool Analyzer::restore(ByteReader& from, cv::Mat previous_rgb) {
  from.get(frame_.width);
  from.get(frame_.height);
  from.get(frame_.time.timeline);
  from.get(frame_.time.ns);
  started_ = from.get<uint8_t>() != 0;
  from.get(timeline_offset_s_);
  from.get(seconds_);
  from.get(previous_seconds_);
  from.get(last_region_id_);
  told_.clear();
  const size_t told = from.count(sizeof(int64_t));
  for (size_t i = 0; i < told; ++i) told_.insert(from.get<int64_t>());
  if (encoder_->info().looks_back) previous_rgb_ = std::move(previous_rgb);
  return tracker_.restore(from);
}

}  // namespace deepstack
