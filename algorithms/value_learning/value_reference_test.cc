#include "algorithms/value_learning/value_reference.h"

#include <gtest/gtest.h>

#include "algorithms/value_learning/value_for_test.h"
#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {
namespace {

TEST(ReferenceLearner, HasTheLossesOfTheTrainerUpdateAfterUpdate) {
  const v1::Experiment experiment = ValueExperiment();
  const auto trainer = MakeValueTrainer("qmix", Mixing::kMonotonic, ContextOf(experiment)).value();
  ReferenceLearner reference(SettingsOf(experiment));
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[1].set_terminated(true);
  (*episodes[2].mutable_mask())[3] = 0;
  double first = 0, last = 0;
  for (int update = 0; update < 20; ++update) {
    last = trainer->Update(Pointers(episodes)).value().at("loss");
    if (update == 0) first = last;
    EXPECT_NEAR(reference.Update(Pointers(episodes)), last, 1e-3 * last) << update;
  }
  EXPECT_LT(last, 0.9 * first);  // so that the losses say something about the gradients, too
}

}  // namespace
}  // namespace evenkeel
