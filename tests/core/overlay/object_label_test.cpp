// What is written beside a box.
#include "core/overlay/object_label.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace deepstack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OverlayObject known() {
  OverlayObject object;
  object.label = "person";
  object.confidence = 0.8F;
  object.track_id = 17;
  object.identity = "692a6000-b865-4038-840c-67f81b266b83";
  object.score = 0.934F;
  object.age_ns = 240'000'000;
  return object;
}

TEST(ObjectLabel, SaysWhoThenWhichTrackHowSureAndHowOld) {
  const ObjectLabel label = label_of(known(), OverlayLabels::kFull);
  EXPECT_EQ(label.name, "692a6000");
  EXPECT_THAT(label.details, ElementsAre("#17", "93%", "0.2s"));
}

TEST(ObjectLabel, ShowsWhatIsAskedFor) {
  EXPECT_EQ(label_of(known(), OverlayLabels::kNone).name, "");
  EXPECT_EQ(label_of(known(), OverlayLabels::kId).name, "#17");
  EXPECT_EQ(label_of(known(), OverlayLabels::kIdentity).name, "692a6000");
  for (const auto labels : {OverlayLabels::kNone, OverlayLabels::kId, OverlayLabels::kIdentity}) {
    EXPECT_THAT(label_of(known(), labels).details, IsEmpty());
  }
}

TEST(ObjectLabel, ANameStandsForTheUuidAndATentativeOneIsAQuestion) {
  OverlayObject object = known();
  object.name = "Anna";
  EXPECT_EQ(label_of(object, OverlayLabels::kFull).name, "Anna");
  object.tentative = true;
  EXPECT_EQ(label_of(object, OverlayLabels::kFull).name, "Anna?");
  object.name = "Anna-\xC3\xA9" + std::string(17, 'x') + "\xC3\xA9z";
  EXPECT_EQ(label_of(object, OverlayLabels::kIdentity).name,
            "Anna-\xC3\xA9" + std::string(17, 'x') + "..?")
      << "cut between characters";
}

TEST(ObjectLabel, ATrackWithoutIdentityAndABoxOfOthersSayWhatTheyAre) {
  OverlayObject object = known();
  object.identity.clear();
  ObjectLabel label = label_of(object, OverlayLabels::kFull);
  EXPECT_EQ(label.name, "#17");
  EXPECT_THAT(label.details, ElementsAre("person", "80%", "0.2s"));
  object.track_id.reset();
  object.age_ns = 0;
  label = label_of(object, OverlayLabels::kFull);
  EXPECT_EQ(label.name, "person");
  EXPECT_THAT(label.details, ElementsAre("80%"));
  object.confidence = std::nanf("");
  EXPECT_THAT(label_of(object, OverlayLabels::kFull).details, ElementsAre("0%"));
}

}  // namespace
}  // namespace deepstack
