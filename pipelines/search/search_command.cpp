// deepstack search: where else is this? In a store that `deepstack index` made, or in one frame.
#include <cstdio>
#include <memory>
#include <set>

#include "core/search/archive_search.h"
#include "core/store/open_gallery.h"
#include "pipelines/command.h"
#include "pipelines/model_options.h"
#include "pipelines/search/find_in_frame.h"
#include "pipelines/search/search_answers.h"
#include "pipelines/search/search_query.h"

namespace deepstack {
namespace {

Result<VideosById> videos_of(ArchiveStore& archive, const std::vector<ArchiveAnswer>& answers) {
  std::set<int64_t> wanted;
  for (const ArchiveAnswer& answer : answers) wanted.insert(answer.sighting.video);
  VideosById videos;
  const Status status = archive.videos({}, [&](ArchiveVideo video) {
    if (wanted.contains(video.id)) videos.emplace(video.id, std::move(video));
    return true;
  });
  if (!status.ok()) return status;
  return videos;
}

Status search_store(const SearchOptions& options) {
  const Result<ArchiveFilter> filter = make_filter(options);
  if (!filter.ok()) return filter.status();
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(options.settings);
  if (!encoder.ok()) return encoder.status();
  const ModelInfo& info = (*encoder)->info();
  Result<std::unique_ptr<ArchiveStore>> archive =
      open_archive(options.store, StoreAccess::kRead, store_model(info));
  if (!archive.ok()) return archive.status();
  Result<People> people = People::open(options.store);
  if (!people.ok()) return people.status();
  Result<ArchiveQuery> query = make_query(options, **archive, *people, **encoder);
  if (!query.ok()) return query.status();
  query->min_score = options.min_score;
  query->limit = options.limit;
  Result<ArchiveSearch> search = ArchiveSearch::load(
      **archive, *filter, Matcher(info.shape, info.match), options.settings.device);
  if (!search.ok()) return search.status();
  const Result<std::vector<ArchiveAnswer>> answers = search->find(*query);
  if (!answers.ok()) return answers.status();
  const Result<VideosById> videos = videos_of(**archive, *answers);
  if (!videos.ok()) return videos.status();
  Result<Thumbnails> thumbnails = Thumbnails{};
  if (!options.thumbnails.empty()) {
    thumbnails = cut_thumbnails(*answers, *videos, options.thumbnails);
  }
  if (!thumbnails.ok()) return thumbnails.status();
  if (options.json) {
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    std::printf(
        "%s\n",
        to_json(*answers, *videos, *people, *thumbnails).dump(-1, ' ', false, kReplace).c_str());
  } else {
    std::printf("%s", to_table(*answers, *videos, *people).c_str());
  }
  return {};
}

Status run(const SearchOptions& options) {
  if (Status status = options.settings.validate(); !status.ok()) return status;
  if (Status status = check_query(options); !status.ok()) return status;
  return options.in.empty() ? search_store(options) : find_in_frame(options);
}

}  // namespace

Command add_search_command(CLI::App& app) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* command = app.add_subcommand("search", "Find somebody or something again");
  command->add_option("--store", options->store, "folder that `deepstack index` wrote");
  command->add_option("--image", options->image, "a picture of what is searched for");
  command->add_option("--identity", options->identity, "UUID, number or name of somebody known");
  command->add_option("--video", options->video, "a video that shows it, with --at and --box");
  command->add_option("--at", options->at, "seconds in the video, or [h:]m:s");
  command->add_option("--box", options->box,
                      "x,y,width,height in pixels of the picture; the whole picture without it");
  command->add_option("--in", options->in,
                      "a picture, or with --at a video, to find --image in: answers the point");
  command->add_option("--camera", options->camera, "answers of this camera only");
  command->add_option("--class", options->label, "answers of this class only");
  command->add_option("--after", options->after,
                      "answers from this time on, like "
                      "2026-01-31T14:22:33Z, or UNIX seconds");
  command->add_option("--before", options->before, "answers up to this time");
  command->add_option("--min-score", options->min_score, "least probability of an answer")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "most answers")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--thumbnails", options->thumbnails,
                      "folder for a JPEG of each answer, cut out of its video");
  command->add_flag("--json", options->json, "one JSON array, the best answer first");
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
