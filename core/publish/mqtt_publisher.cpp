#include "core/publish/mqtt_publisher.h"

#include <MQTTAsync.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/publish/event_fields.h"

namespace deepstack {
namespace {

constexpr int kKeepAlive_s = 10;
constexpr int kConnectTimeout_s = 5;
constexpr std::chrono::milliseconds kGoodbyePatience{500};
// Of a packet beside topic and payload, with room to spare.
constexpr size_t kPacketHead_bytes = 64;

constexpr size_t kMostOnTheWay = 100;

constexpr char kOnline[] = "online";
constexpr char kOffline[] = "offline";
constexpr char kClosed[] = "the connection was closed";

// What is not right today will not be in two seconds either.
bool is_refusal(int reason_code) {
  switch (reason_code) {
    case MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION:
    case MQTTREASONCODE_CLIENT_IDENTIFIER_NOT_VALID:
    case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
    case MQTTREASONCODE_NOT_AUTHORIZED:
    case MQTTREASONCODE_BANNED:
    case MQTTREASONCODE_BAD_AUTHENTICATION_METHOD:
      return true;
    default:
      return false;
  }
}

std::string text_of(int reason_code, int code, const char* message) {
  if (reason_code >= MQTTREASONCODE_UNSPECIFIED_ERROR) {
    const char* known = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(reason_code));
    return known != nullptr ? known : "reason code " + std::to_string(reason_code);
  }
  if (message != nullptr) return message;
  const char* known = MQTTAsync_strerror(code);
  return known != nullptr ? known : "code " + std::to_string(code);
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

struct MqttPublisher::Calls {
  static MqttPublisher& self(void* context) { return *static_cast<MqttPublisher*>(context); }

  static void connected(void* context, MQTTAsync_successData5* data) {
    const auto number = [data](MQTTPropertyCodes code, size_t otherwise) {
      return MQTTProperties_hasProperty(&data->properties, code) == 0
                 ? otherwise
                 : static_cast<size_t>(MQTTProperties_getNumericValue(&data->properties, code));
    };
    self(context).on_connected(number(MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0),
                               number(MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, kMostOnTheWay));
  }
  static void failed(void* context, MQTTAsync_failureData5* data) {
    // What a broker answered to CONNECT stands in `code`.
    const int answer = std::max<int>(data->reasonCode, data->code);
    self(context).on_failed(
        {is_refusal(answer) ? PublishFailure::Kind::kRefused : PublishFailure::Kind::kLost,
         text_of(answer, data->code, data->message)});
  }
  static void lost(void* context, char* cause) {
    self(context).on_failed({PublishFailure::Kind::kLost, cause == nullptr ? kClosed : cause});
  }
  static void dismissed(void* context, MQTTProperties*, MQTTReasonCodes reason_code) {
    self(context).on_failed({PublishFailure::Kind::kLost, text_of(reason_code, 0, nullptr)});
  }
  static int arrived(void*, char*, int, MQTTAsync_message*) { return 1; }
  static void sent(void* context, MQTTAsync_successData5*) {
    auto* sending = static_cast<Sending*>(context);
    sending->publisher->on_answer(sending, MQTTREASONCODE_SUCCESS, nullptr);
  }
  static void unsent(void* context, MQTTAsync_failureData5* data) {
    auto* sending = static_cast<Sending*>(context);
    const std::string text = text_of(data->reasonCode, data->code, data->message);
    sending->publisher->on_answer(
        sending, data->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR ? data->reasonCode : -1,
        text.c_str());
  }
  static void closed(void* context, MQTTAsync_successData5*) { self(context).on_closed(); }
  static void unclosed(void* context, MQTTAsync_failureData5*) { self(context).on_closed(); }
  static int tls_error(const char* text, size_t length, void* context) {
    const std::lock_guard guard(self(context).mutex_);
    self(context).tls_error_.assign(text, length);
    return 1;
  }
};

std::string availability_topic(const PublishPlan& plan) {
  if (!plan.settings.availability_topic.empty()) return plan.settings.availability_topic;
  const std::string_view beginning = plan.address.target.beginning();
  const size_t slash = beginning.rfind('/');
  const std::string_view root = slash == std::string_view::npos ? "" : beginning.substr(0, slash);
  return std::string(root.empty() ? "deepstack" : root) + "/availability";
}

MqttPublisher::MqttPublisher(const PublishPlan& plan, DeliveryListener& listener)
    : plan_(plan), availability_topic_(deepstack::availability_topic(plan)), listener_(listener) {}

void MqttPublisher::open() {
  const bool tls = plan_.uses_tls();
  const std::string uri = (tls ? "ssl://" : "tcp://") + plan_.address.hosts.front();
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
  options.maxBufferedMessages = static_cast<int>(kMostOnTheWay);
  MQTTAsync client = nullptr;
  int code = MQTTAsync_createWithOptions(&client, uri.c_str(), plan_.settings.client_id.c_str(),
                                         MQTTCLIENT_PERSISTENCE_NONE, nullptr, &options);
  if (code == MQTTASYNC_SUCCESS) {
    {
      const std::lock_guard guard(mutex_);
      client_ = client;
    }
    MQTTAsync_setCallbacks(client, this, Calls::lost, Calls::arrived, nullptr);
    MQTTAsync_setDisconnected(client, this, Calls::dismissed);
    code = connect(client);
  }
  if (code != MQTTASYNC_SUCCESS) {
    listener_.lost({PublishFailure::Kind::kLost, text_of(0, code, nullptr)});
  }
}

int MqttPublisher::connect(void* client) {
  MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
  will.topicName = availability_topic_.c_str();
  will.message = kOffline;
  will.retained = 1;
  will.qos = 1;

  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  tls.trustStore = or_null(plan_.settings.ca_file);
  tls.keyStore = or_null(plan_.settings.cert_file);
  tls.privateKey = or_null(plan_.settings.key_file);
  tls.enableServerCertAuth = 1;
  tls.verify = 1;
  tls.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
  tls.ssl_error_cb = Calls::tls_error;
  tls.ssl_error_context = this;

  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
  options.keepAliveInterval = kKeepAlive_s;
  options.connectTimeout = kConnectTimeout_s;
  options.will = &will;
  options.username = or_null(plan_.user);
  options.password = or_null(plan_.password);
  options.ssl = plan_.uses_tls() ? &tls : nullptr;
  options.context = this;
  options.onSuccess5 = Calls::connected;
  options.onFailure5 = Calls::failed;
  return MQTTAsync_connect(client, &options);
}

// More than the broker takes at a time Paho would keep, and look at again a second later. One place
// is for "online".
void MqttPublisher::on_connected(size_t max_packet_bytes, size_t receive_maximum) {
  {
    const std::lock_guard guard(mutex_);
    window_ = std::clamp<size_t>(receive_maximum, 2, kMostOnTheWay) - 1;
    max_packet_bytes_ = max_packet_bytes;
  }
  publish(client(), availability_topic_, kOnline, true, nullptr);
  listener_.opened();
}

void MqttPublisher::on_failed(PublishFailure failure) {
  {
    const std::lock_guard guard(mutex_);
    if (!tls_error_.empty()) failure.reason += ": " + std::exchange(tls_error_, {});
  }
  listener_.lost(std::move(failure));
}

int MqttPublisher::publish(void* client, const std::string& topic, const std::string& payload,
                           bool retained, Sending* sending) {
  MQTTAsync_message message = MQTTAsync_message_initializer;
  // Paho copies it.
  message.payload = const_cast<char*>(payload.data());
  message.payloadlen = static_cast<int>(payload.size());
  message.qos = 1;
  message.retained = retained ? 1 : 0;
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  if (sending != nullptr) {
    options.context = sending;
    options.onSuccess5 = Calls::sent;
    options.onFailure5 = Calls::unsent;
  }
  return MQTTAsync_sendMessage(client, topic.c_str(), &message, &options);
}

std::string MqttPublisher::topic_of(const std::string& json) const {
  const EventFields fields = event_fields(json);
  return plan_.address.target.expand(
      {{"source", mqtt_level(fields.source)}, {"event", mqtt_level(fields.event)}});
}

void* MqttPublisher::client() const {
  const std::lock_guard guard(mutex_);
  return client_;
}

size_t MqttPublisher::window() const {
  const std::lock_guard guard(mutex_);
  return window_;
}

void MqttPublisher::send(uint64_t number, const std::string& json) {
  const std::string topic = topic_of(json);
  const size_t packet_bytes = topic.size() + json.size() + kPacketHead_bytes;
  Sending* sending = nullptr;
  size_t max_packet_bytes = 0;
  {
    const std::lock_guard guard(mutex_);
    max_packet_bytes = max_packet_bytes_;
    sendings_.push_back({this, number});
    sendings_.back().self = std::prev(sendings_.end());
    sending = &sendings_.back();
  }
  // A broker would close the connection for it, again and again.
  if (max_packet_bytes > 0 && packet_bytes > max_packet_bytes) {
    const std::string reason = "line of " + std::to_string(json.size()) +
                               " bytes, the broker's limit is " + std::to_string(max_packet_bytes);
    return on_answer(sending, MQTTREASONCODE_PACKET_TOO_LARGE, reason.c_str());
  }
  const int code = publish(client(), topic, json, false, sending);
  if (code != MQTTASYNC_SUCCESS) {
    listener_.lost({PublishFailure::Kind::kLost, text_of(0, code, nullptr)});
  }
}

// reason_code: of the broker; -1 when the line did not get there.
void MqttPublisher::on_answer(Sending* sending, int reason_code, const char* text) {
  const std::string reason = text == nullptr ? "" : text;
  uint64_t number = 0;
  {
    const std::lock_guard guard(mutex_);
    number = sending->number;
    sendings_.erase(sending->self);
  }
  if (reason_code >= 0 && reason_code < MQTTREASONCODE_UNSPECIFIED_ERROR) {
    listener_.delivered(number);
  } else if (reason_code < 0 || reason_code == MQTTREASONCODE_QUOTA_EXCEEDED) {
    listener_.lost({PublishFailure::Kind::kLost, reason_code < 0 ? kClosed : reason});
  } else {
    listener_.rejected(number, reason);
  }
}

void MqttPublisher::on_closed() {
  const std::lock_guard guard(mutex_);
  goodbye_said_ = true;
  changed_.notify_all();
}

// The broker says "offline" for us, as if we had died.
void MqttPublisher::say_goodbye(void* client) {
  MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
  options.reasonCode = MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE;
  options.timeout = 0;
  options.context = this;
  options.onSuccess5 = Calls::closed;
  options.onFailure5 = Calls::unclosed;
  {
    const std::lock_guard guard(mutex_);
    goodbye_said_ = false;
  }
  if (MQTTAsync_disconnect(client, &options) != MQTTASYNC_SUCCESS) return;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kGoodbyePatience, [this] { return goodbye_said_; });
}

void MqttPublisher::close() {
  MQTTAsync last = client();
  if (last == nullptr) return;
  if (MQTTAsync_isConnected(last) != 0) say_goodbye(last);
  MQTTAsync_destroy(&last);
  const std::lock_guard guard(mutex_);
  client_ = nullptr;
  sendings_.clear();
  tls_error_.clear();
}

}  // namespace deepstack
