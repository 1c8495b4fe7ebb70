// MqttPublisher: lines to an MQTT 5 broker at QoS 1, by Eclipse Paho. "online" and "offline" are
// retained under the availability topic; when the process dies the broker says "offline" for it.
//
// A connection is a client of Paho's, made by open() and gone after close(). What it calls comes
// from its threads, which hold its locks: they take nothing of ours but the listener's.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <string>

#include "core/publish/event_publisher.h"

namespace deepstack {

// Where "online" and "offline" are said: the setting, or what all topics begin with and
// "availability".
std::string availability_topic(const PublishPlan& plan);

class MqttPublisher final : public EventPublisher {
 public:
  MqttPublisher(const PublishPlan& plan, DeliveryListener& listener);
  ~MqttPublisher() override { close(); }
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;

  void open() override;
  void send(uint64_t number, const std::string& json) override;
  void close() override;
  size_t window() const override;

 private:
  // What the client library hands back with its answer for a line.
  struct Sending {
    MqttPublisher* publisher;
    uint64_t number;
    std::list<Sending>::iterator self{};
  };
  struct Calls;  // the functions that Paho calls

  int connect(void* client);
  static int publish(void* client, const std::string& topic, const std::string& payload,
                     bool retained, Sending* sending);
  void on_connected(size_t max_packet_bytes, size_t receive_maximum);
  void on_failed(PublishFailure failure);
  void on_answer(Sending* sending, int reason_code, const char* text);
  void on_closed();
  void say_goodbye(void* client);
  void* client() const;
  std::string topic_of(const std::string& json) const;

  const PublishPlan plan_;
  const std::string availability_topic_;
  DeliveryListener& listener_;

  mutable std::mutex mutex_;  // a leaf: everything below
  std::condition_variable changed_;
  void* client_ = nullptr;
  std::list<Sending> sendings_;
  bool goodbye_said_ = false;
  size_t window_ = 1;
  size_t max_packet_bytes_ = 0;  // 0: the broker names none
  std::string tls_error_;
};

}  // namespace deepstack
