// The pages' files, login and logout, and what a service's supervisor asks.
#include <algorithm>

#include "core/json_guard.h"
#include "core/sha256.h"
#include "pipelines/serve/assets.h"
#include "pipelines/serve/query.h"
#include "pipelines/serve/site.h"

namespace deepstack {
namespace {

using httplib::Request;
using httplib::Response;

std::string tag_of(const Asset& asset) {
  Sha256 digest;
  digest.add(asset.text.data(), asset.text.size());
  const Result<std::string> digits = digest.finish();
  return digits.ok() ? "\"" + digits->substr(0, 32) + "\"" : "";
}

void add_asset(HttpServer& server, const std::string& path, const Asset& asset) {
  server.Get(path, [asset, tag = tag_of(asset)](const Request& request, Response& response) {
    response.set_header("Cache-Control", "no-cache");
    if (!tag.empty()) response.set_header("ETag", tag);
    if (!tag.empty() && request.get_header_value("If-None-Match") == tag) {
      response.status = 304;
      return;
    }
    response.set_content(std::string(asset.text), std::string(asset.type));
  });
}

void log_in(Site& site, const Request& request, Response& response) {
  const Result<JsonTree> body = parse_guarded_json(request.body);
  if (!body.ok() || !(*body)->is_object() || !(*body)->contains("token") ||
      !(*body)->at("token").is_string()) {
    return reply_error(response, 400, "the body must be {\"token\": \"...\"}");
  }
  const Login::Answer answer =
      site.login->log_in(request.remote_addr, (*body)->at("token").get<std::string>());
  if (answer.refusal) return reply_error(response, answer.refusal->status, answer.refusal->error);
  response.set_header("Set-Cookie", answer.cookie);
  reply_json(response, "{}");
}

}  // namespace

bool is_public(const std::string& path) {
  if (path == "/api/login" || path == "/healthz" || path == "/readyz") return true;
  return !path.starts_with("/api/") && !path.starts_with("/media/") && path != "/metrics";
}

void add_page_routes(HttpServer& server, Site& site) {
  for (const Asset& asset : assets()) add_asset(server, std::string(asset.path), asset);
  // Screens are told apart by the page itself.
  const std::string id = kId;
  for (const std::string& screen :
       {std::string("/"), "/identity/" + id, "/video/" + id, std::string("/videos"),
        std::string("/live"), std::string("/system"), std::string("/find")}) {
    add_asset(server, screen, shell());
  }
  server.Post("/api/login", [&site](const Request& request, Response& response) {
    log_in(site, request, response);
  });
  server.Post("/api/logout", [&site](const Request& request, Response& response) {
    response.set_header("Set-Cookie", site.login->log_out(request));
    reply_json(response, "{}");
  });
  server.Get("/healthz", [](const Request&, Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  server.Get("/readyz", [&site](const Request&, Response& response) {
    const Result<int64_t> version = site.view->version();
    response.status = version.ok() ? 200 : 503;
    response.set_content(version.ok() ? "ready\n" : "the store cannot be read\n", "text/plain");
  });
}

}  // namespace deepstack
