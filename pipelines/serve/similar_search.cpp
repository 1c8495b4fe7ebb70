#include "pipelines/serve/similar_search.h"

#include <utility>

#include "core/identity/half_tokens.h"

namespace deepstack {

Status SimilarSearch::open() {
  if (encoder_) return {};
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(settings_);
  if (!encoder.ok()) return encoder.status();
  encoder_ = *std::move(encoder);
  return {};
}

Result<std::unique_ptr<ArchiveStore>> SimilarSearch::open_store() const {
  const ModelInfo& info = encoder_->info();
  return open_archive(folder_, StoreAccess::kRead,
                      StoreModel{.name = info.name, .shape = info.shape, .sha256 = info.sha256});
}

Result<std::vector<ArchiveAnswer>> SimilarSearch::answer(ArchiveStore& archive,
                                                         const ArchiveQuery& query) const {
  const ModelInfo& info = encoder_->info();
  // Loaded for one question: what is erased from the store must not live on here.
  Result<ArchiveSearch> search =
      ArchiveSearch::load(archive, {}, Matcher(info.shape, info.match), settings_.device);
  if (!search.ok()) return search.status();
  return search->find(query);
}

Result<std::vector<ArchiveAnswer>> SimilarSearch::of_box(const cv::Mat& rgb, const Box& box,
                                                         std::optional<double> seconds,
                                                         size_t limit) {
  const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
  if (inside.width < 2 || inside.height < 2) {
    return invalid("the box has less than 2 x 2 pixels of the picture");
  }
  const std::lock_guard lock(mutex_);
  if (Status status = open(); !status.ok()) return status;
  Result<std::unique_ptr<ArchiveStore>> archive = open_store();
  if (!archive.ok()) return archive.status();
  const Result<std::vector<Feature>> features = encoder_->encode(rgb, {&inside, 1});
  if (!features.ok()) return features.status();
  ArchiveQuery query;
  query.when_known = seconds.has_value();
  query.limit = limit;
  query.views.push_back(
      make_appearance(features->front(), encoder_->info().shape, seconds.value_or(0)));
  return answer(**archive, query);
}

Result<std::vector<ArchiveAnswer>> SimilarSearch::of_identity(int64_t number, size_t limit) {
  const std::lock_guard lock(mutex_);
  if (Status status = open(); !status.ok()) return status;
  Result<std::unique_ptr<ArchiveStore>> archive = open_store();
  if (!archive.ok()) return archive.status();
  ArchiveQuery query;
  query.when_known = true;
  query.limit = limit;
  const size_t size = encoder_->info().shape.tokens_size();
  const Status status = (*archive)->identities([&](const Identity& identity) {
    if (identity.number != number) return;
    for (const Prototype& prototype : identity.prototypes) {
      query.views.push_back({.tokens = std::vector<float>(size),
                             .gate = prototype.gate,
                             .seconds = prototype.seconds,
                             .quality = prototype.quality});
      to_float(prototype.tokens, query.views.back().tokens.data());
    }
  });
  if (!status.ok()) return status;
  if (query.views.empty()) {
    return not_found("no view of identity " + std::to_string(number) + " is kept to search by");
  }
  return answer(**archive, query);
}

}  // namespace deepstack
