// /api/edits/...: corrections that a person makes, each of which can be undone until it is
// confirmed, and erasing, which cannot.
#include "core/json_guard.h"
#include "core/store/edit_journal.h"
#include "core/store/editable_store.h"
#include "core/store/erasure.h"
#include "core/store/identity_edits.h"
#include "pipelines/report/event_fields.h"
#include "pipelines/serve/site.h"
#include "pipelines/serve/view_json.h"

namespace deepstack {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr int64_t kLargestId = 999'999'999'999'999'999;
constexpr size_t kMostTracks = 4096;  // of one split

// Does what the body's fields say; what to answer.
using Change = Result<json>(EditableStore& store, const json& body);

Result<json> receipt(const Result<EditReceipt>& done) {
  if (!done.ok()) return done.status();
  return json{{"edit", done->edit}, {"identity", done->identity}};
}

Result<json> name(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t identity = fields.integer(body, "identity", 1, kLargestId);
  const std::string name = fields.text(body, "name");
  if (!fields.ok()) return invalid("the body " + fields.error());
  return receipt(name_identity(store, identity, name));
}

Result<json> merge(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t from = fields.integer(body, "from", 1, kLargestId);
  const int64_t into = fields.integer(body, "into", 1, kLargestId);
  if (!fields.ok()) return invalid("the body " + fields.error());
  return receipt(merge_identities(store, from, into));
}

Result<json> split(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t identity = fields.integer(body, "identity", 1, kLargestId);
  std::vector<int64_t> tracks;
  for (const json& track : fields.array(body, "tracks")) {
    if (!track.is_number_unsigned() || tracks.size() >= kMostTracks) {
      fields.fail("tracks must be at most " + std::to_string(kMostTracks) + " ids");
      break;
    }
    tracks.push_back(track.get<int64_t>());
  }
  if (!fields.ok()) return invalid("the body " + fields.error());
  return receipt(split_identity(store, identity, tracks));
}

Result<json> undo(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t edit = fields.integer(body, "edit", 1, kLargestId);
  if (!fields.ok()) return invalid("the body " + fields.error());
  if (Status status = undo_edit(store, edit); !status.ok()) return status;
  return json::object();
}

Result<json> confirm(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t edit = fields.integer(body, "edit", 1, kLargestId);
  if (!fields.ok()) return invalid("the body " + fields.error());
  if (Status status = confirm_edit(store, edit); !status.ok()) return status;
  return json::object();
}

Result<json> erase(EditableStore& store, const json& body) {
  EventFields fields;
  const int64_t identity = fields.integer(body, "identity", 1, kLargestId);
  if (!fields.ok()) return invalid("the body " + fields.error());
  const Result<ErasureReport> report = erase_identity(store, identity);
  if (!report.ok()) return report.status();
  return json{{"tracks", report->tracks},
              {"observations", report->observations},
              {"searched_bytes", report->searched_bytes}};
}

void change_store(Site& site, const Request& request, Response& response, Change* change) {
  const Result<JsonTree> body = parse_guarded_json(request.body);
  if (!body.ok()) return reply_error(response, 400, "the body: " + body.status().message());
  if (!(*body)->is_object()) return reply_error(response, 400, "the body must be a JSON object");
  // No question of ours stays open meanwhile: what is erased could not leave the log.
  const Result<json> done = site.view->alone([&]() -> Result<json> {
    Result<EditableStore> store = EditableStore::open(site.folder, "serve " + request.remote_addr);
    if (!store.ok()) return store.status();
    return change(*store, **body);
  });
  if (!done.ok()) return reply_error(response, done.status());
  reply_json(response, text_of(*done));
}

void pending(Site& site, const Request&, Response& response) {
  Result<StoreFile> store = open_store_to_read(site.folder);
  if (!store.ok()) return reply_error(response, store.status());
  const Result<std::vector<PendingEdit>> edits = pending_edits(*store);
  if (!edits.ok()) return reply_error(response, edits.status());
  json all = json::array();
  for (const PendingEdit& edit : *edits) {
    all.push_back({{"edit", edit.edit},
                   {"seconds", edit.seconds},
                   {"action", edit.action},
                   {"identity", edit.identity},
                   {"other", edit.other}});
  }
  reply_json(response, text_of(all));
}

}  // namespace

void add_edit_routes(HttpServer& server, Site& site) {
  const auto post = [&](const char* path, Change* change) {
    server.Post(path, [&site, change](const Request& request, Response& response) {
      change_store(site, request, response, change);
    });
  };
  post("/api/edits/name", name);
  post("/api/edits/merge", merge);
  post("/api/edits/split", split);
  post("/api/edits/undo", undo);
  post("/api/edits/confirm", confirm);
  post("/api/edits/erase", erase);
  server.Get("/api/edits", [&site](const Request& request, Response& response) {
    pending(site, request, response);
  });
}

}  // namespace deepstack
