#include "pipelines/config_arguments.h"

#include <utility>

#include "core/printable.h"
#include "core/settings_file.h"

namespace deepstack {
namespace {

constexpr const char* kOption = "--config";

// As in the file: without dashes.
std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
}

std::vector<std::string> names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = name_of(*option);
    if (name != "help" && "--" + name != kOption) names.push_back(name);
  }
  return names;
}

// The value of the last --config; empty: there is none.
std::string config_file(const std::vector<std::string>& arguments) {
  std::string file;
  const std::string with_value = std::string(kOption) + "=";
  for (size_t i = 1; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i] == kOption && i + 1 < arguments.size()) file = arguments[i + 1];
    if (arguments[i].rfind(with_value, 0) == 0) file = arguments[i].substr(with_value.size());
  }
  return file;
}

Status append(const CLI::App& command, const FileSetting& setting,
              std::vector<std::string>& arguments) {
  const CLI::Option* option = nullptr;
  for (const CLI::Option* one : command.get_options()) {
    if (name_of(*one) == setting.name) option = one;
  }
  for (const FileSetting::Value& value : setting.values) {
    const std::string text = to_text(value);
    const bool flag = std::holds_alternative<bool>(value);
    if (flag != (option->get_items_expected_max() == 0)) {
      return corrupt("'" + setting.name + "' is '" + printable(text) + "', must be " +
                     (flag ? "a value" : "true or false"));
    }
    if (option->get_positional()) {
      if (text.rfind('-', 0) == 0) {
        return corrupt("'" + setting.name + "' is '" + printable(text) +
                       "', must not begin with -");
      }
      arguments.push_back(text);
    } else if (!flag) {
      arguments.push_back("--" + setting.name + "=" + text);
    } else if (std::get<bool>(value)) {
      arguments.push_back("--" + setting.name);
    }
  }
  return {};
}

}  // namespace

void add_config_option(CLI::App& command) {
  command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command.add_option(kOption,
                     "JSON object of these options by name, lists where there are several; "
                     "the command line wins");
}

Result<std::vector<std::string>> with_config_file(const CLI::App& app,
                                                  std::vector<std::string> arguments) {
  if (arguments.empty()) return arguments;
  const std::vector<const CLI::App*> commands =
      app.get_subcommands([&arguments](const CLI::App* one) {
        return one->get_name() == arguments.front() && one->get_option_no_throw(kOption) != nullptr;
      });
  if (commands.empty()) return arguments;
  const CLI::App* command = commands.front();
  const std::string file = config_file(arguments);
  if (file.empty()) return arguments;
  Result<std::vector<FileSetting>> settings = read_settings_file(file, names_of(*command));
  if (!settings.ok()) return settings.status();
  std::vector<std::string> all{arguments.front()};
  for (const FileSetting& setting : *settings) {
    if (Status status = append(*command, setting, all); !status.ok()) {
      return Status(status.code(), file + ": " + status.message());
    }
  }
  all.insert(all.end(), arguments.begin() + 1, arguments.end());
  return all;
}

}  // namespace deepstack
