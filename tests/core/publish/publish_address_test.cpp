#include "core/publish/publish_address.h"

#include <gtest/gtest.h>

#include "core/publish/mqtt_publisher.h"

namespace deepstack {
namespace {

PublishAddress parsed(const std::string& uri) {
  Result<PublishAddress> address = parse_publish_address(uri);
  EXPECT_TRUE(address.ok()) << uri << ": " << address.status().message();
  return address.ok() ? *address : PublishAddress();
}

TEST(PublishAddress, ABrokerHasAPortATopicAndNoPasswordInWhatIsShown) {
  const PublishAddress address = parsed("MQTT://cam:p%40ss@broker/site/{source}/{event}");
  EXPECT_EQ(address.kind, PublishKind::kMqtt);
  EXPECT_EQ(address.hosts, std::vector<std::string>{"broker:1883"});
  EXPECT_EQ(address.shown, "mqtt://broker:1883/site/{source}/{event}");
  EXPECT_EQ(address.user, "cam");
  EXPECT_EQ(address.password, "p@ss");
  EXPECT_EQ(address.target.expand({{"source", "door"}, {"event", "new"}}), "site/door/new");
  EXPECT_EQ(parsed("mqtts://[::1]:99").hosts[0], "[::1]:99");
  EXPECT_EQ(parsed("mqtts://b").shown, "mqtts://b:8883/deepstack/{source}/{event}");
}

TEST(PublishAddress, KafkaHasSeveralBrokers) {
  const PublishAddress address = parsed("kafka://u:p@a,b:99/events-{source}");
  EXPECT_EQ(address.kind, PublishKind::kKafka);
  EXPECT_EQ(address.hosts, (std::vector<std::string>{"a:9092", "b:99"}));
  EXPECT_EQ(address.user, "u");
  EXPECT_EQ(address.shown, "kafka://a:9092,b:99/events-{source}");
}

TEST(PublishAddress, AFileIsTakenAsItIsWritten) {
  const PublishAddress address = parsed("file:///var/log/my events-{date}-{hour}.jsonl");
  EXPECT_EQ(address.kind, PublishKind::kFile);
  EXPECT_EQ(address.target.expand({{"date", "2026-11-25"}, {"hour", "07"}}),
            "/var/log/my events-2026-11-25-07.jsonl");
  EXPECT_EQ(parsed("-").kind, PublishKind::kStdout);
}

TEST(PublishAddress, WhatIsWrongIsNamedInOneLine) {
  const struct {
    const char* uri;
    const char* says;
  } kCases[] = {
      {"", "no scheme"},
      {"broker:1883", "no scheme"},
      {"http://broker", "'http'"},
      {"mqtt://", "no host"},
      {"mqtt://a,b", "two hosts"},
      {"mqtt://a/x/{camera}", "{camera}; there are {source}, {event}"},
      {"mqtt://a/x/{source", "brace"},
      {"mqtt://a/x/#", "'#'"},
      {"kafka://a/x/y", "'/'"},
      {"file://events.jsonl", "no path from the root"},
      {"file:///x/{source}.jsonl", "{source}; there are {date}, {hour}"},
  };
  for (const auto& [uri, says] : kCases) {
    const Result<PublishAddress> address = parse_publish_address(uri);
    ASSERT_FALSE(address.ok()) << uri;
    EXPECT_EQ(address.status().code(), StatusCode::kInvalid);
    EXPECT_NE(address.status().message().find(says), std::string::npos)
        << uri << ": " << address.status().message();
    EXPECT_EQ(address.status().message().find('\n'), std::string::npos);
  }
}

TEST(PublishAddress, NoMessageShowsAPassword) {
  for (const char* uri : {"mqtt://u:hidden@", "mqtt://u:hidden@a b", "mqtt:u:hidden@a",
                          "kafka://u:hidden@a/x/y", "u:hidden://a", "mqtt://u:hi/hidden@a/{x}"}) {
    const Result<PublishAddress> address = parse_publish_address(uri);
    ASSERT_FALSE(address.ok()) << uri;
    EXPECT_EQ(address.status().message().find("hidden"), std::string::npos)
        << address.status().message();
  }
}

TEST(PublishAddress, AvailabilityLiesBesideTheTopics) {
  const auto topic = [](const std::string& uri, const std::string& set = "") {
    PublishPlan plan;
    plan.address = parsed(uri);
    plan.settings.availability_topic = set;
    return availability_topic(plan);
  };
  EXPECT_EQ(topic("mqtt://a"), "deepstack/availability");
  EXPECT_EQ(topic("mqtt://a/site/one/{source}"), "site/one/availability");
  EXPECT_EQ(topic("mqtt://a/{source}"), "deepstack/availability");
  EXPECT_EQ(topic("mqtt://a/{source}", "x"), "x");
}

}  // namespace
}  // namespace deepstack
