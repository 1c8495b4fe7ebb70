#include "pipelines/search/search_query.h"

#include <filesystem>
#include <optional>
#include <tuple>
#include <utility>

#include "core/identity/half_tokens.h"
#include "pipelines/media/picture_file.h"
#include "pipelines/search/search_arguments.h"

namespace deepstack {
namespace {

// UNIX seconds of this time in the video where the archive knows the video.
Result<std::optional<double>> time_of(ArchiveStore& archive, const std::string& path,
                                      int64_t time_ns) {
  std::error_code error;
  const std::filesystem::path asked = std::filesystem::weakly_canonical(path, error);
  std::optional<double> seconds;
  const Status status = archive.videos({}, [&](const ArchiveVideo& video) {
    if (std::filesystem::weakly_canonical(video.path, error) != asked) return true;
    seconds = video.start_s() + static_cast<double>(time_ns) / 1e9;
    return false;
  });
  if (!status.ok()) return status;
  return seconds;
}

Result<ArchiveQuery> of_identity(const std::string& key, ArchiveStore& archive,
                                 People& people) {
  const Result<IdentityRecord> person = people.find(key);
  if (!person.ok()) return person.status();
  ArchiveQuery query;
  query.when_known = true;
  const size_t size = archive.model().shape.tokens_size();
  const Status status = archive.identities([&](const Identity& identity) {
    if (identity.number != person->number) return;
    for (const Prototype& prototype : identity.prototypes) {
      Appearance view{.tokens = std::vector<float>(size),
                      .gate = prototype.gate,
                      .seconds = prototype.seconds,
                      .quality = prototype.quality};
      to_float(prototype.tokens, view.tokens.data());
      query.views.push_back(std::move(view));
    }
  });
  if (!status.ok()) return status;
  if (!query.views.empty()) return query;
  return not_found("identity " + std::to_string(person->number) + " has no view that was kept");
}

}  // namespace

Status check_query(const SearchOptions& options) {
  const int given = !options.image.empty() + !options.identity.empty() + !options.video.empty();
  if (given != 1) return invalid("search needs one of --image, --identity and --video");
  if (!options.in.empty() && options.image.empty()) {
    return invalid("--in finds a picture: it needs --image");
  }
  if (!options.video.empty() && (options.at.empty() || options.box.empty())) {
    return invalid("--video needs --at and --box: when and where what is searched for is in it");
  }
  if (options.video.empty() && options.in.empty() && !options.at.empty()) {
    return invalid("--at is of --video or --in, neither is given");
  }
  if (!options.identity.empty() && !options.box.empty()) {
    return invalid("--box is of --image or --video, --identity is given");
  }
  if (options.in.empty() == options.store.empty()) {
    return invalid("search needs one of --store and --in: where to look");
  }
  return {};
}

Result<cv::Mat> query_picture(const SearchOptions& options) {
  const bool is_frame = !options.video.empty();
  Result<int64_t> time_ns = int64_t{0};
  if (is_frame) time_ns = parse_video_time(options.at);
  if (!time_ns.ok()) return time_ns.status();
  Result<Box> box = Box{};
  if (!options.box.empty()) box = parse_box(options.box);
  if (!box.ok()) return box.status();
  Result<cv::Mat> picture =
      is_frame ? read_frame_at(options.video, *time_ns) : read_picture(options.image);
  if (!picture.ok() || options.box.empty()) return picture;
  if (Status status = check_box(*box, picture->size()); !status.ok()) {
    return Status(status.code(),
                  (is_frame ? options.video : options.image) + ": " + status.message());
  }
  const cv::Rect pixels(cv::Point(static_cast<int>(box->x), static_cast<int>(box->y)),
                        cv::Point(static_cast<int>(box->right()), static_cast<int>(box->bottom())));
  return (*picture)(pixels).clone();
}

Result<ArchiveQuery> make_query(const SearchOptions& options, ArchiveStore& archive,
                                People& people, Encoder& encoder) {
  if (!options.identity.empty()) return of_identity(options.identity, archive, people);
  const Result<cv::Mat> picture = query_picture(options);
  if (!picture.ok()) return picture.status();
  const Box whole{0, 0, static_cast<float>(picture->cols), static_cast<float>(picture->rows)};
  const Result<std::vector<Feature>> feature = encoder.encode(*picture, {&whole, 1});
  if (!feature.ok()) return feature.status();
  ArchiveQuery query;
  double seconds = 0;
  if (!options.video.empty()) {
    const Result<int64_t> time_ns = parse_video_time(options.at);
    const Result<std::optional<double>> known = time_of(archive, options.video, *time_ns);
    if (!known.ok()) return known.status();
    query.when_known = known->has_value();
    seconds = known->value_or(0);
  }
  query.views.push_back(make_appearance(feature->front(), encoder.info().shape, seconds));
  return query;
}

Result<ArchiveFilter> make_filter(const SearchOptions& options) {
  ArchiveFilter filter;
  filter.camera = options.camera;
  filter.label = options.label;
  for (const auto& [name, text, bound] : {std::tuple("--after", &options.after, &filter.from_s),
                                          std::tuple("--before", &options.before, &filter.to_s)}) {
    if (text->empty()) continue;
    const Result<double> seconds = parse_utc(name, *text);
    if (!seconds.ok()) return seconds.status();
    *bound = *seconds;
  }
  if (filter.from_s > filter.to_s) return invalid("--after is later than --before");
  return filter;
}

}  // namespace deepstack
