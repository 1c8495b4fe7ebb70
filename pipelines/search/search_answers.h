// search_answers: answers of a search as JSON, as a table, and as pictures cut out of the videos.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/search/archive_search.h"
#include "pipelines/search/people.h"

namespace deepstack {

// A thumbnail's file name by the answer's place; those that could not be cut are not there.
using Thumbnails = std::map<size_t, std::string>;
using VideosById = std::map<int64_t, ArchiveVideo>;

// One array, the best answer first.
nlohmann::ordered_json to_json(const std::vector<ArchiveAnswer>& answers, const VideosById& videos,
                               People& people, const Thumbnails& thumbnails);

std::string to_table(const std::vector<ArchiveAnswer>& answers, const VideosById& videos,
                     People& people);

// Cuts a JPEG an answer into the folder, which is made where it is not there. Names are made of
// numbers alone: 001-OBSERVATION.jpg. What cannot be cut (a video that is gone or does not decode)
// is told in a line on stderr and left out; an error is one of the folder.
Result<Thumbnails> cut_thumbnails(const std::vector<ArchiveAnswer>& answers,
                                  const VideosById& videos, const std::filesystem::path& folder);

}  // namespace deepstack
