#include "core/publish/kafka_publisher.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "core/publish/event_fields.h"

namespace deepstack {
namespace {

using Setting = std::pair<const char*, std::string>;

std::string brokers_of(const PublishAddress& address) {
  std::string brokers;
  for (const std::string& host : address.hosts) brokers += (brokers.empty() ? "" : ",") + host;
  return brokers;
}

std::vector<Setting> settings_of(const PublishPlan& plan) {
  const bool tls = plan.uses_tls();
  const bool user = !plan.user.empty();
  std::vector<Setting> settings{
      {"bootstrap.servers", brokers_of(plan.address)},
      {"client.id", plan.settings.client_id},
      {"enable.idempotence", "true"},
      {"message.timeout.ms", "0"},  // the spool decides what is given up
      {"linger.ms", "5"},
      {"reconnect.backoff.ms", "200"},
      {"reconnect.backoff.max.ms", "1200"},
      {"log_level", "0"},
      {"security.protocol",
       user ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext")},
  };
  if (user) {
    settings.push_back({"sasl.mechanism", "PLAIN"});
    settings.push_back({"sasl.username", plan.user});
    settings.push_back({"sasl.password", plan.password});
  }
  const std::array<Setting, 3> files{{{"ssl.ca.location", plan.settings.ca_file},
                                      {"ssl.certificate.location", plan.settings.cert_file},
                                      {"ssl.key.location", plan.settings.key_file}}};
  for (const Setting& file : files) {
    if (tls && !file.second.empty()) settings.push_back(file);
  }
  return settings;
}

// The broker looks at the line, and will not take it tomorrow either.
bool is_rejection(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || error == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

bool is_refusal(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
         error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || error == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

PublishFailure failure_of(rd_kafka_resp_err_t error, std::string reason) {
  return {is_refusal(error) ? PublishFailure::Kind::kRefused : PublishFailure::Kind::kLost,
          std::move(reason)};
}

}  // namespace

struct KafkaPublisher::Calls {
  static KafkaPublisher& self(void* opaque) { return *static_cast<KafkaPublisher*>(opaque); }
  static void report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    self(opaque).on_report(message);
  }
  static void error(rd_kafka_t*, int code, const char* reason, void* opaque) {
    self(opaque).on_error(code, reason);
  }
  static void news(rd_kafka_t*, void* opaque) { self(opaque).listener_.has_news(); }
  // Its own would go to stderr, with whatever is in it.
  static void log(const rd_kafka_t*, int, const char*, const char*) {}
};

Result<rd_kafka_t*> KafkaPublisher::make_producer() {
  std::array<char, 512> error{};
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(),
                                                                          rd_kafka_conf_destroy);
  for (const auto& [name, value] : settings_of(plan_)) {
    if (rd_kafka_conf_set(conf.get(), name, value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      return invalid("uri " + plan_.address.shown + ": " + plan_.redactor.apply(error.data()));
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), Calls::report);
  rd_kafka_conf_set_error_cb(conf.get(), Calls::error);
  rd_kafka_conf_set_log_cb(conf.get(), Calls::log);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), error.data(), error.size());
  if (producer == nullptr) {
    return invalid("uri " + plan_.address.shown + ": " + plan_.redactor.apply(error.data()));
  }
  static_cast<void>(conf.release());  // the producer's now
  return producer;
}

// A certificate that cannot be used is noticed here.
Status KafkaPublisher::check() {
  Result<rd_kafka_t*> producer = make_producer();
  if (!producer.ok()) return producer.status();
  rd_kafka_destroy(*producer);
  return {};
}

void KafkaPublisher::open() {
  Result<rd_kafka_t*> producer = make_producer();
  if (!producer.ok()) {
    return listener_.lost({PublishFailure::Kind::kLost, producer.status().message()});
  }
  producer_ = *producer;
  rd_kafka_queue_t* queue = rd_kafka_queue_get_main(producer_);
  rd_kafka_queue_cb_event_enable(queue, Calls::news, this);
  rd_kafka_queue_destroy(queue);
  listener_.opened();
}

void KafkaPublisher::send(uint64_t number, const std::string& json) {
  const EventFields fields = event_fields(json);
  const std::string topic = plan_.address.target.expand(
      {{"source", kafka_word(fields.source)}, {"event", kafka_word(fields.event)}});
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()),
                        RD_KAFKA_V_KEY(fields.source.data(), fields.source.size()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(json.data()), json.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(number)), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (is_rejection(error)) return listener_.rejected(number, rd_kafka_err2str(error));
  listener_.lost(failure_of(error, rd_kafka_err2str(error)));
}

int64_t KafkaPublisher::serve(int64_t /*now_ns*/) {
  if (producer_ != nullptr) rd_kafka_poll(producer_, 0);
  return kNever;
}

void KafkaPublisher::on_report(const rd_kafka_message_s* message) {
  const auto number = reinterpret_cast<uint64_t>(message->_private);
  const std::string reason = rd_kafka_err2str(message->err);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    listener_.delivered(number);
  } else if (is_rejection(message->err)) {
    listener_.rejected(number, reason);
  } else {
    listener_.lost(failure_of(message->err, reason));
  }
}

// Many of them come for one broker that is away; the last one says that all are.
void KafkaPublisher::on_error(int code, const char* reason) {
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 256> text{};
    rd_kafka_fatal_error(producer_, text.data(), text.size());
    return listener_.lost({PublishFailure::Kind::kLost, text.data()});
  }
  if (is_refusal(error)) return listener_.lost(failure_of(error, reason));
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    return listener_.troubled(
        {PublishFailure::Kind::kLost, last_reason_.empty() ? reason : last_reason_});
  }
  last_reason_ = reason;
}

void KafkaPublisher::close() {
  if (producer_ == nullptr) return;
  rd_kafka_queue_t* queue = rd_kafka_queue_get_main(producer_);
  rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr);
  rd_kafka_queue_destroy(queue);
  rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy(std::exchange(producer_, nullptr));
}

}  // namespace deepstack
