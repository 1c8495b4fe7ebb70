// SimilarSearch: where else is this? The questions of pages to an archive. The model is opened when
// the first one comes, and stays. One question is answered at a time; any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/encoder.h"
#include "core/search/archive_search.h"
#include "core/settings.h"

namespace deepstack {

class SimilarSearch {
 public:
  SimilarSearch(std::filesystem::path folder, Settings settings)
      : folder_(std::move(folder)), settings_(std::move(settings)) {}

  // What is in the box of a picture, R first. seconds: UNIX seconds when that was, where known.
  // kInvalid: the box has nothing of the picture, or the store is of another model.
  Result<std::vector<ArchiveAnswer>> of_box(const cv::Mat& rgb, const Box& box,
                                            std::optional<double> seconds, size_t limit);

  // By the views that the gallery keeps of somebody. kNotFound: it keeps none.
  Result<std::vector<ArchiveAnswer>> of_identity(int64_t number, size_t limit);

 private:
  Status open();
  Result<std::unique_ptr<ArchiveStore>> open_store() const;
  Result<std::vector<ArchiveAnswer>> answer(ArchiveStore& archive, const ArchiveQuery& query) const;

  const std::filesystem::path folder_;
  const Settings settings_;
  std::mutex mutex_;
  std::shared_ptr<Encoder> encoder_;
};

}  // namespace deepstack
