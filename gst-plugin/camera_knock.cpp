#include "gst-plugin/camera_knock.h"

namespace deepstack::gst {
namespace {

guint16 default_port(const std::string& uri) {
  if (uri.starts_with("https:")) return 443;
  if (uri.starts_with("http:")) return 80;
  return uri.starts_with("rtsps") ? 322 : 554;
}

}  // namespace

bool somebody_listens(const std::string& uri, GCancellable* cancellable) {
  GSocketConnectable* address =
      g_network_address_parse_uri(uri.c_str(), default_port(uri), nullptr);
  if (address == nullptr) return true;
  GSocketClient* client = g_socket_client_new();
  g_socket_client_set_enable_proxy(client, FALSE);
  g_socket_client_set_timeout(client, 1);
  GSocketConnection* connection = g_socket_client_connect(client, address, cancellable, nullptr);
  const bool listens = connection != nullptr;
  g_clear_object(&connection);
  g_object_unref(client);
  g_object_unref(address);
  return listens;
}

}  // namespace deepstack::gst
