// What an ArchiveView answers, as the pages read it. Times are UNIX seconds; names are what the
// store says, escaped by the JSON writer alone: pages put them in as text, never as markup.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/store/archive_view.h"

namespace deepstack {

nlohmann::json to_json(const ArchiveView::Overview& overview);
nlohmann::json to_json(const ArchiveView::Rows& rows, const ArchiveView::Overview& overview);
nlohmann::json to_json(const ArchiveView::Identity& identity);
nlohmann::json to_json(const ArchiveView::Details& details);
nlohmann::json to_json(const ArchiveView::Track& track);
nlohmann::json to_json(const ArchiveView::Video& video);
nlohmann::json to_json(const ArchiveView::VideoTrack& track);

// Invalid UTF-8 is replaced.
std::string text_of(const nlohmann::json& value);

}  // namespace deepstack
