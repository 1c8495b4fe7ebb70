// Answers for the Python tests of this folder what the plain functions of core compute. stdin: a
// JSON object of function names, each with the list of its cases; stdout: the same names with the
// list of results, null where the function refuses. The operators need no probe: Python loads them.
#include <functional>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "core/frame/smart_resize.h"
#include "core/model/mrope.h"
#include "core/model/mrope_positions.h"
#include "core/time/clip_sampling.h"

namespace deepstack {
namespace {

using Json = nlohmann::json;

// [height, width, factor, min_pixels, max_pixels] from the given place on.
PictureSize size_of(const Json& in, size_t at) {
  return {in[at].get<int>(), in[at + 1].get<int>()};
}
PixelBudget budget_of(const Json& in, size_t at) {
  return {in[at + 2].get<int>(), in[at + 3].get<int64_t>(), in[at + 4].get<int64_t>()};
}

template <typename T>
Json or_null(const Result<T>& result) {
  return result.ok() ? Json(*result) : Json();
}

Json or_null(const Result<PictureSize>& size) {
  return size.ok() ? Json{size->height, size->width} : Json();
}

Json picture(const Json& in) { return or_null(smart_resize(size_of(in, 0), budget_of(in, 0))); }

// [frames, cap, and as for pictures]
Json clip(const Json& in) {
  const auto frames = in[0].get<int64_t>();
  const PixelBudget budget = budget_of(in, 2);
  return or_null(smart_resize_clip(frames, size_of(in, 2),
                                   in[1].get<bool>() ? cap_per_frame(budget, frames) : budget));
}

// [total frames, frames a second or null]
Json sampling(const Json& in) {
  std::optional<double> fps;
  if (!in[1].is_null()) fps = in[1].get<double>();
  return or_null(sample_frames(in[0].get<int64_t>(), fps));
}

// [frame numbers, frames a second]
Json times(const Json& in) {
  return or_null(pair_times_s(in[0].get<std::vector<int64_t>>(), in[1].get<double>()));
}

std::vector<Grid> grids_of(const Json& in) {
  std::vector<Grid> grids;
  for (const Json& grid : in) grids.push_back({grid[0], grid[1], grid[2]});
  return grids;
}

Json positions(const Json& in) {
  const std::vector<Modality> tokens =
      modalities_of(in["token_ids"].get<std::vector<int64_t>>(), {in["picture"], in["clip"]});
  const std::vector<Grid> pictures = grids_of(in["pictures"]);
  const std::vector<Grid> clips = grids_of(in["clips"]);
  const auto attention = in["attention"].get<std::vector<uint8_t>>();
  const Result<MropePositions> result = mrope_positions({tokens, pictures, clips, attention});
  return result.ok() ? Json{{"axes", result->axes}, {"delta", result->delta}} : Json();
}

Json frequencies(const Json& in) {
  std::optional<YarnScaling> yarn;
  if (in.contains("factor")) yarn = {in["factor"], in["original_positions"]};
  const Result<MropeFrequencies> rope = mrope_frequencies(in["pairs"], in["theta"], yarn);
  return rope.ok() ? Json{{"frequency", rope->frequency}, {"magnitude", rope->magnitude}} : Json();
}

int answer() {
  const std::map<std::string, std::function<Json(const Json&)>> functions{
      {"smart_resize", picture}, {"smart_resize_clip", clip}, {"sample_frames", sampling},
      {"pair_times_s", times},   {"positions", positions},    {"frequencies", frequencies}};
  const Json request = Json::parse(std::cin);
  Json results;
  for (const auto& [name, cases] : request.items()) {
    results[name] = Json::array();
    for (const Json& in : cases) results[name].push_back(functions.at(name)(in));
  }
  std::cout << results << "\n";
  return 0;
}

}  // namespace
}  // namespace deepstack

int main() {
  try {
    return deepstack::answer();
  } catch (const std::exception& error) {
    std::cerr << "parity_probe: " << error.what() << "\n";
    return 1;
  }
}
