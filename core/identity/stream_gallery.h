// StreamGallery: one stream's way into a gallery that it may share with others. The stream counts
// seconds of its own; the gallery counts UNIX seconds, so that gaps reach over streams and runs.
// All times here are the stream's. Owned by one Identifier, called by one thread.
//
// What is added is a whole number of seconds: differences of times stay exactly what they are
// without it, and a file gives the same events twice.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/identity/shared_gallery.h"

namespace deepstack {

class StreamGallery {
 public:
  explicit StreamGallery(std::shared_ptr<SharedGallery> gallery) : gallery_(std::move(gallery)) {}

  // The stream's time `seconds` is this by the best clock there is, which may become known late. A
  // clock behind what the gallery has seen already was put back: then the gallery's own time goes on.
  // Once the stream has left something in the gallery, its time there never goes back.
  void anchor(double seconds, double unix_s);

  // Of a recording: its second 0 is this gallery time, whatever was seen before or after it.
  void place(double unix_s) { offset_s_ = unix_s; }

  KnownIdentity add(const std::string& label, double seconds);
  std::optional<KnownIdentity> find(int64_t number) const;
  void see(int64_t number, double seconds);
  void learn(int64_t number, const Appearance& view);
  void merge(int64_t from, int64_t to) { gallery_->merge(from, to); }
  Result<std::vector<Candidate>> search(const std::vector<const Appearance*>& views,
                                        const std::string& label, double seconds) const;
  void expire(double seconds) { gallery_->expire(seconds + offset_s_); }

  const FeatureShape& shape() const { return gallery_->shape(); }  // of the views it keeps
  GalleryStats stats() const { return gallery_->stats(); }
  Status store_status() const { return gallery_->store_status(); }

 private:
  std::shared_ptr<SharedGallery> gallery_;
  double offset_s_ = 0;  // a stream's second 0 in gallery time
  bool anchored_ = false;
  bool used_ = false;  // something in the gallery has its time from here
};

}  // namespace deepstack
