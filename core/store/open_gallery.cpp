#include "core/store/open_gallery.h"

#include <map>
#include <mutex>
#include <system_error>
#include <utility>

namespace deepstack {
namespace {

// What streams that share a gallery must agree on, as a user wrote it.
struct Terms {
  std::string location;
  GalleryLimits limits;
  StoreModel model;
  bool learns_into_store = false;
};

struct Entry {
  Terms terms;
  std::weak_ptr<SharedGallery> gallery;
};

Terms terms_of(const Settings& settings, const ModelInfo& model) {
  Terms terms{.location = {},
              .limits = {settings.gallery_max_bytes, settings.gallery_ttl_s},
              .model = store_model(model)};
  if (settings.gallery_location.empty() || settings.gallery_mode == GalleryMode::kOff) return terms;
  std::error_code error;
  terms.location = std::filesystem::weakly_canonical(settings.gallery_location, error).string();
  if (error) terms.location = settings.gallery_location;
  terms.learns_into_store = settings.gallery_mode == GalleryMode::kLearn;
  return terms;
}

Status check_same(const std::string& id, const Terms& open, const Terms& asked) {
  const auto differs = [&](const std::string& what, const std::string& has,
                           const std::string& wants) {
    return invalid("gallery-id '" + id + "' is open with " + what + " " + has +
                   ", another stream wants " + wants);
  };
  if (open.location != asked.location) {
    return differs("gallery-location", "'" + open.location + "'", "'" + asked.location + "'");
  }
  if (open.limits.max_bytes != asked.limits.max_bytes) {
    return differs("gallery-max-bytes", std::to_string(open.limits.max_bytes),
                   std::to_string(asked.limits.max_bytes));
  }
  if (open.limits.ttl_s != asked.limits.ttl_s) {
    return differs("gallery-ttl", std::to_string(open.limits.ttl_s),
                   std::to_string(asked.limits.ttl_s));
  }
  if (open.model != asked.model) {
    return differs("the model", to_string(open.model), to_string(asked.model));
  }
  if (open.learns_into_store != asked.learns_into_store) {
    const auto mode = [](bool learns) { return std::string(learns ? "learn" : "read"); };
    return differs("gallery-mode", mode(open.learns_into_store), mode(asked.learns_into_store));
  }
  return {};
}

Result<std::shared_ptr<SharedGallery>> make_gallery(const Terms& terms, const ModelInfo& model) {
  auto gallery = std::make_shared<SharedGallery>(terms.limits, Matcher(model.shape, model.match));
  if (terms.location.empty()) return gallery;
  const auto access = terms.learns_into_store ? StoreAccess::kWrite : StoreAccess::kRead;
  Result<IdentityStore> store = IdentityStore::open(terms.location, access, terms.model);
  if (!store.ok()) return store.status();
  if (Status status = gallery->attach(*std::move(store), access); !status.ok()) return status;
  return gallery;
}

}  // namespace

StoreModel store_model(const ModelInfo& model) {
  return {model.name, model.shape, model.sha256, {}};
}

Result<std::shared_ptr<SharedGallery>> open_gallery(const Settings& settings,
                                                    const ModelInfo& model) {
  static std::mutex mutex;
  static std::map<std::string, Entry> open;

  Terms terms = terms_of(settings, model);
  if (settings.gallery_id.empty() || settings.gallery_mode == GalleryMode::kOff) {
    return make_gallery(terms, model);
  }
  const std::lock_guard lock(mutex);
  std::erase_if(open, [](const auto& entry) { return entry.second.gallery.expired(); });
  const auto known = open.find(settings.gallery_id);
  if (known != open.end()) {
    if (std::shared_ptr<SharedGallery> shared = known->second.gallery.lock()) {
      Status status = check_same(settings.gallery_id, known->second.terms, terms);
      if (!status.ok()) return status;
      return shared;
    }
  }
  Result<std::shared_ptr<SharedGallery>> made = make_gallery(terms, model);
  if (made.ok()) open[settings.gallery_id] = {std::move(terms), *made};
  return made;
}

}  // namespace deepstack
