// deepstack reid: rank-1 and mAP of the model on crops named as in Market-1501, per level and fused.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/encoder.h"
#include "core/identity/appearance.h"
#include "core/identity/summary_index.h"
#include "core/model/matcher.h"
#include "pipelines/command.h"
#include "pipelines/model_options.h"

namespace deepstack {
namespace {

constexpr double kGap_s = 3600;  // between query and gallery

struct ReidOptions {
  std::string query;
  std::string gallery;
  std::string levels = "all";
  bool same_camera = false;
  bool means = false;
  Settings settings;
};

struct Crop {
  int person = 0;
  int camera = 0;
  Appearance appearance;
};

// Names of the levels of a model, shallow first, then the combination of all.
std::vector<std::string> level_names(int levels) {
  std::vector<std::string> names;
  for (int l = 0; l < levels; ++l) {
    names.push_back(l == 0 ? "shallow" : l == levels - 1 ? "deep" : levels == 3 ? "mid" : "mid" + std::to_string(l));
  }
  names.push_back("fused");
  return names;
}

// "0012_c3_f000123.jpg" -> person 12, camera 3; files of other names are not crops.
Result<std::vector<Crop>> read_crops(const std::string& folder, Encoder& encoder) {
  static const std::regex kName("(-?[0-9]{1,6})_c([0-9]{1,4})(s[0-9]+)?_.*\\.(jpg|jpeg|png)");
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    files.push_back(entry.path());
  }
  if (error) return not_found(folder + ": " + error.message());
  std::sort(files.begin(), files.end());
  std::vector<Crop> crops;
  for (const auto& file : files) {
    std::smatch parts;
    const std::string name = file.filename().string();
    if (!std::regex_match(name, parts, kName)) continue;
    cv::Mat picture = cv::imread(file.string(), cv::IMREAD_COLOR);
    if (picture.empty()) return corrupt(file.string() + ": is no picture that can be decoded");
    cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
    const Box whole{0, 0, static_cast<float>(picture.cols), static_cast<float>(picture.rows)};
    Result<std::vector<Feature>> feature = encoder.encode(picture, {&whole, 1});
    if (!feature.ok()) return feature.status();
    crops.push_back({std::stoi(parts[1]), std::stoi(parts[2]),
                     make_appearance(feature->front(), encoder.info().shape, 0)});
  }
  if (crops.empty()) return corrupt(folder + ": holds no crop named PPPP_cC_fNNNNNN.jpg");
  return crops;
}

// The same by mean tokens, as `deepstack search` makes its short list (core/search).
std::vector<std::vector<float>> compare_means(const Crop& query, const std::vector<Crop>& gallery,
                                              const Matcher& matcher) {
  const SummaryIndex summaries(matcher.shape());
  const auto levels = static_cast<size_t>(matcher.shape().levels);
  const auto width = static_cast<size_t>(matcher.shape().width);
  const std::vector<float> asked = summaries.summary_of(query.appearance.tokens);
  const std::vector<float> weights =
      matcher.level_weights(query.appearance.gate, query.appearance.gate, kGap_s);
  std::vector<std::vector<float>> likeness(levels + 1, std::vector<float>(gallery.size(), 0.0F));
  for (size_t i = 0; i < gallery.size(); ++i) {
    const std::vector<float> mean = summaries.summary_of(gallery[i].appearance.tokens);
    for (size_t k = 0; k < mean.size(); ++k) likeness[k / width][i] += asked[k] * mean[k];
    for (size_t l = 0; l < levels; ++l) likeness[levels][i] += weights[l] * likeness[l][i];
  }
  return likeness;
}

struct Score {
  double rank1 = 0;
  double mean_precision = 0;
  int queries = 0;
};

// Market-1501's protocol: crops of the same person by the same camera are junk, persons below 1 too.
// `likeness` is of the query with every gallery crop.
void add_query(const Crop& query, const std::vector<Crop>& gallery,
               const std::vector<float>& likeness, bool same_camera, Score& score) {
  std::vector<size_t> order;
  int right = 0;
  for (size_t i = 0; i < gallery.size(); ++i) {
    const bool same = gallery[i].person == query.person;
    const bool junk = gallery[i].person < 0 ||
                      (same && !same_camera && gallery[i].camera == query.camera);
    if (junk) continue;
    order.push_back(i);
    right += same;
  }
  if (right == 0) return;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return likeness[a] > likeness[b]; });
  int found = 0;
  double precision = 0;
  for (size_t place = 0; place < order.size(); ++place) {
    if (gallery[order[place]].person != query.person) continue;
    ++found;
    precision += static_cast<double>(found) / static_cast<double>(place + 1);
    if (place == 0) score.rank1 += 1;
  }
  score.mean_precision += precision / right;
  ++score.queries;
}

// Likeness of one query with all of the gallery, [levels + 1][gallery]; the last is the combination.
Result<std::vector<std::vector<float>>> compare(const Crop& query, const std::vector<Crop>& gallery,
                                                const Matcher& matcher) {
  const MatchSample sample{query.appearance.tokens.data(), 0};
  std::vector<MatchSample> keys;
  std::vector<int64_t> offsets{0};
  for (const Crop& crop : gallery) {
    keys.push_back({crop.appearance.tokens.data(), 0});
    offsets.push_back(static_cast<int64_t>(keys.size()));
  }
  Result<std::vector<float>> similarity = matcher.similarities({&sample, 1}, keys, offsets);
  if (!similarity.ok()) return similarity.status();
  const auto levels = static_cast<size_t>(matcher.shape().levels);
  std::vector<std::vector<float>> likeness(levels + 1, std::vector<float>(gallery.size(), 0.0F));
  for (size_t i = 0; i < gallery.size(); ++i) {
    const float* by_level = similarity->data() + i * levels;
    for (size_t l = 0; l < levels; ++l) likeness[l][i] = by_level[l];
    likeness[levels][i] = matcher.combine({by_level, levels}, query.appearance.gate,
                                          gallery[i].appearance.gate, kGap_s);
  }
  return likeness;
}

Status run(const ReidOptions& options) {
  if (Status status = options.settings.validate(); !status.ok()) return status;
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(options.settings);
  if (!encoder.ok()) return encoder.status();
  const ModelInfo& info = (*encoder)->info();
  const std::vector<std::string> names = level_names(info.shape.levels);
  const bool all = options.levels == "all";
  if (!all && std::find(names.begin(), names.end(), options.levels) == names.end()) {
    return invalid("--levels is '" + options.levels + "', this model has all, shallow, mid, deep, fused");
  }
  Result<std::vector<Crop>> queries = read_crops(options.query, **encoder);
  if (!queries.ok()) return queries.status();
  Result<std::vector<Crop>> gallery = read_crops(options.gallery, **encoder);
  if (!gallery.ok()) return gallery.status();

  const Matcher matcher(info.shape, info.match);
  std::vector<Score> scores(names.size());
  for (const Crop& query : *queries) {
    Result<std::vector<std::vector<float>>> likeness =
        options.means ? compare_means(query, *gallery, matcher) : compare(query, *gallery, matcher);
    if (!likeness.ok()) return likeness.status();
    for (size_t i = 0; i < names.size(); ++i) {
      add_query(query, *gallery, (*likeness)[i], options.same_camera, scores[i]);
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (!all && names[i] != options.levels) continue;
    const double count = std::max(1, scores[i].queries);
    std::printf("{\"level\":\"%s\",\"rank1\":%.4f,\"mAP\":%.4f,\"queries\":%d}\n", names[i].c_str(),
                scores[i].rank1 / count, scores[i].mean_precision / count, scores[i].queries);
  }
  return {};
}

}  // namespace

Command add_reid_command(CLI::App& app) {
  auto options = std::make_shared<ReidOptions>();
  CLI::App* command = app.add_subcommand("reid", "Score the model on person crops (Market-1501 names)");
  command->add_option("--query", options->query, "folder of query crops")->required();
  command->add_option("--gallery", options->gallery, "folder of gallery crops")->required();
  command->add_option("--levels", options->levels, "all, shallow, mid, deep or fused")
      ->capture_default_str();
  command->add_flag("--same-camera", options->same_camera,
                    "count pairs of the same person by the same camera");
  command->add_flag("--means", options->means,
                    "compare mean tokens, as `deepstack search` makes its short list");
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
