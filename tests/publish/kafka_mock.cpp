// A Kafka cluster for the tests: librdkafka's mock, in a process of its own. Says "brokers
// HOST:PORT" on stdout and does what stdin says, until that ends:
//
//   errors COUNT         the next COUNT produce requests fail, in turn for different reasons
//   down | up            the broker goes away, and comes back
//   read TOPIC COUNT     prints `key TAB value` of COUNT messages from the beginning, then "end"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

namespace {

constexpr int16_t kProduce = 0;  // of Kafka's protocol
constexpr int kPatience_ms = 10'000;

rd_kafka_t* make_client(rd_kafka_type_t type, const char* brokers) {
  char error[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  if (brokers != nullptr) {
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof error);
    rd_kafka_conf_set(conf, "group.id", "test", error, sizeof error);
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", error, sizeof error);
  }
  rd_kafka_conf_set(conf, "log_level", "0", error, sizeof error);
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) std::abort();
  return client;
}

void read_topic(const char* brokers, const std::string& topic, int count) {
  rd_kafka_t* consumer = make_client(RD_KAFKA_CONSUMER, brokers);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(4);
  for (int partition = 0; partition < 4; ++partition) {
    rd_kafka_topic_partition_list_add(topics, topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  for (int got = 0; got < count;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, kPatience_ms);
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::printf("%.*s\t%.*s\n", static_cast<int>(message->key_len),
                  static_cast<const char*>(message->key), static_cast<int>(message->len),
                  static_cast<const char*>(message->payload));
      ++got;
    }
    rd_kafka_message_destroy(message);
  }
  std::puts("end");
  std::fflush(stdout);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

}  // namespace

int main() {
  rd_kafka_t* owner = make_client(RD_KAFKA_PRODUCER, nullptr);
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(owner, 1);
  const char* brokers = rd_kafka_mock_cluster_bootstraps(cluster);
  std::printf("brokers %s\n", brokers);
  std::fflush(stdout);
  constexpr rd_kafka_resp_err_t kErrors[] = {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                             RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                             RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS};
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    std::string topic;
    int count = 0;
    words >> command;
    if (command == "errors") {
      words >> count;
      for (int i = 0; i < count; ++i) {
        rd_kafka_mock_push_request_errors(cluster, kProduce, 1, kErrors[i % 3]);
      }
    } else if (command == "down") {
      rd_kafka_mock_broker_set_down(cluster, 1);
    } else if (command == "up") {
      rd_kafka_mock_broker_set_up(cluster, 1);
    } else if (command == "read") {
      words >> topic >> count;
      read_topic(brokers, topic, count);
    }
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(owner);
  return 0;
}
