#include "pipelines/tracking_options.h"

#include <map>

#include "pipelines/choice.h"

namespace deepstack {

void add_tracking_options(CLI::App& command, Settings& settings,
                          const std::string& where_to_look) {
  static const std::map<std::string, ProposalSource> kProposals{{"motion", ProposalSource::kMotion},
                                                                {"hog", ProposalSource::kHog}};
  settings.proposals = ProposalSource::kMotion;
  command.add_option("--proposals", settings.proposals, where_to_look + ": motion or hog (people)")
      ->transform(choice(kProposals))
      ->default_str("motion");
  command
      .add_option("--track-max-age", settings.track_max_age_ms,
                  "ms; a track unseen for longer ends")
      ->capture_default_str();
  command
      .add_option("--reid-threshold", settings.reid_threshold,
                  "match probability from which an identity is the same")
      ->capture_default_str();
}

}  // namespace deepstack
