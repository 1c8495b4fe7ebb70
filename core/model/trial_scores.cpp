#include "core/model/trial_scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

namespace deepstack {
namespace {

constexpr int kResamples = 200;

double surprise(const MatchTrial& trial, float similarity, const Matcher& matcher) {
  const double probability = matcher.probability(similarity);
  return -std::log(std::max(1e-6, trial.same() ? probability : 1 - probability));
}

// One head's answers, prepared so that AUC and loss under any weights cost one pass.
class Answers {
 public:
  Answers(const std::vector<MatchTrial>& trials, const Matcher& matcher) : trials_(trials) {
    for (const MatchTrial& trial : trials) {
      similarity_.push_back(combined_similarity(trial, matcher));
      surprise_.push_back(surprise(trial, similarity_.back(), matcher));
    }
    order_.resize(trials.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::ranges::sort(order_, {}, [&](size_t i) { return similarity_[i]; });
  }

  const std::vector<float>& similarity() const { return similarity_; }

  // weight: of each track. Over the trials of one light.
  double auc(const std::vector<double>& weight, bool relit) const {
    double same = 0, different = 0, above = 0, tied = 0, tied_same = 0;
    float last = 0;
    const auto close = [&] {  // of equal scores half are above
      above += tied_same * (different + tied / 2);
      different += tied;
      tied = tied_same = 0;
    };
    for (const size_t i : order_) {
      const MatchTrial& trial = trials_[i];
      if (trial.relit != relit) continue;
      if (similarity_[i] != last) close();
      last = similarity_[i];
      if (trial.same()) {
        tied_same += weight[trial.track];
        same += weight[trial.track];
      } else {
        tied += weight[trial.track] * weight[trial.other];
      }
    }
    close();
    return same > 0 && different > 0 ? above / (same * different) : 0.5;
  }

  double log_loss(const std::vector<double>& weight, bool relit) const {
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (size_t i = 0; i < trials_.size(); ++i) {
      const MatchTrial& trial = trials_[i];
      if (trial.relit != relit) continue;
      const double share =
          trial.same() ? weight[trial.track] : weight[trial.track] * weight[trial.other];
      sum[trial.same()] += share * surprise_[i];
      count[trial.same()] += share;
    }
    const auto mean = [&](int kind) { return count[kind] > 0 ? sum[kind] / count[kind] : 0.0; };
    return (mean(0) + mean(1)) / 2;
  }

 private:
  const std::vector<MatchTrial>& trials_;
  std::vector<float> similarity_;
  std::vector<double> surprise_;
  std::vector<size_t> order_;  // by similarity
};

double deviation(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count - 1));
}

size_t tracks_of(const std::vector<MatchTrial>& trials) {
  size_t count = 0;
  for (const MatchTrial& trial : trials)
    count = std::max({count, trial.track + 1, trial.other + 1});
  return count;
}

// Mean over both lights.
template <typename Measure>
double both_lights(Measure measure) {
  return (measure(false) + measure(true)) / 2;
}

}  // namespace

TrialScores score_trials(const std::vector<MatchTrial>& trials, const Matcher& matcher,
                         bool relit) {
  const Answers answers(trials, matcher);
  struct Question {
    float right = 0;
    std::vector<float> wrong;
  };
  std::map<std::pair<size_t, size_t>, Question> questions;  // by draw and track
  TrialScores scores;
  for (size_t i = 0; i < trials.size(); ++i) {
    const MatchTrial& trial = trials[i];
    if (trial.relit != relit) continue;
    Question& question = questions[{trial.draw, trial.track}];
    ++(trial.same() ? scores.same : scores.different);
    if (trial.same()) {
      question.right = answers.similarity()[i];
    } else {
      question.wrong.push_back(answers.similarity()[i]);
    }
  }
  double asked = 0;
  for (const auto& [key, question] : questions) {
    if (question.wrong.empty()) continue;
    const auto above =
        std::ranges::count_if(question.wrong, [&](float wrong) { return wrong >= question.right; });
    ++asked;
    scores.rank1 += above == 0;
    scores.mean_precision += 1.0 / static_cast<double>(above + 1);
  }
  scores.rank1 /= std::max(1.0, asked);
  scores.mean_precision /= std::max(1.0, asked);
  const std::vector<double> equal(tracks_of(trials), 1.0);
  scores.auc = answers.auc(equal, relit);
  scores.log_loss = answers.log_loss(equal, relit);
  return scores;
}

TrialGain gain_of(const std::vector<MatchTrial>& before, const Matcher& matcher_before,
                  const std::vector<MatchTrial>& after, const Matcher& matcher_after,
                  uint64_t seed) {
  const Answers old_answers(before, matcher_before);
  const Answers new_answers(after, matcher_after);
  const auto auc_gain = [&](const std::vector<double>& weight) {
    return both_lights([&](bool relit) {
      return new_answers.auc(weight, relit) - old_answers.auc(weight, relit);
    });
  };
  const auto loss_gain = [&](const std::vector<double>& weight) {
    return both_lights([&](bool relit) {
      return old_answers.log_loss(weight, relit) - new_answers.log_loss(weight, relit);
    });
  };
  const size_t tracks = tracks_of(before);
  const std::vector<double> equal(tracks, 1.0);
  std::mt19937 random(static_cast<uint32_t>(seed));
  std::vector<double> auc, loss;
  for (int i = 0; i < kResamples; ++i) {
    std::vector<double> weight(tracks, 0.0);
    for (size_t t = 0; t < tracks; ++t) ++weight[random() % tracks];
    auc.push_back(auc_gain(weight));
    loss.push_back(loss_gain(weight));
  }
  return {auc_gain(equal), deviation(auc), loss_gain(equal), deviation(loss)};
}

bool is_gain(const TrialGain& gain) {
  const bool better = gain.auc > gain.auc_error || gain.log_loss > gain.log_loss_error;
  const bool worse = gain.auc < -gain.auc_error || gain.log_loss < -gain.log_loss_error;
  return better && !worse;
}

}  // namespace deepstack
