// Whether a line follows a published JSON Schema.
#pragma once

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

namespace deepstack::test {

// The file of a format of the events pad.
inline std::string schema_file(const std::string& format) {
  const std::string docs = DEEPSTACK_SOURCE_DIR "/docs/";
  return format == "deepstack-1" ? docs + "events.schema.json"
                                 : docs + "schemas/" + format + ".schema.json";
}

// "" when the text follows the schema, else why not.
inline std::string schema_error(const std::string& file, const std::string& text) {
  using valijson::adapters::NlohmannJsonAdapter;
  static std::map<std::string, std::unique_ptr<valijson::Schema>> schemas;
  std::unique_ptr<valijson::Schema>& schema = schemas[file];
  if (schema == nullptr) {
    const nlohmann::json document = nlohmann::json::parse(std::ifstream(file));
    schema = std::make_unique<valijson::Schema>();
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(NlohmannJsonAdapter(document), *schema);
  }
  const nlohmann::json event = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (event.is_discarded()) return "no JSON";
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(*schema, NlohmannJsonAdapter(event), &results)) return "";
  valijson::ValidationResults::Error error;
  std::string reason;
  while (results.popError(error)) {
    for (const std::string& place : error.context) reason += place;
    reason += ": " + error.description + "\n";
  }
  return reason;
}

}  // namespace deepstack::test
