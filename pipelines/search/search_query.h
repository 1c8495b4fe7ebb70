// search_query: what is to be found, out of a picture, a frame of a video, or the views that a
// store keeps of somebody.
#pragma once

#include "core/encoder.h"
#include "core/search/archive_search.h"
#include "core/store/archive_store.h"
#include "pipelines/search/people.h"
#include "pipelines/search/search_options.h"

namespace deepstack {

// kInvalid: not one of --image, --identity and --video, or an option that does not belong to it.
Status check_query(const SearchOptions& options);

// The pixels that --image, or --video, --at and --box name.
Result<cv::Mat> query_picture(const SearchOptions& options);

// REQUIRES: check_query() was content.
Result<ArchiveQuery> make_query(const SearchOptions& options, ArchiveStore& archive,
                                People& people, Encoder& encoder);

// What may answer. kInvalid: a time that is none.
Result<ArchiveFilter> make_filter(const SearchOptions& options);

}  // namespace deepstack
