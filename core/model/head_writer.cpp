#include "core/model/head_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/model/config_reader.h"

namespace deepstack {
namespace {

namespace fs = std::filesystem;

Status failed(const fs::path& path, const char* what) {
  return {StatusCode::kUnavailable,
          path.string() + ": cannot be " + what + ": " + std::generic_category().message(errno)};
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags, 0644)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  const int number_;
};

Status write_file(const fs::path& path, std::string_view bytes) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  if (file.number() < 0) return failed(path, "created");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path, "written");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(file.number()) == 0 ? Status() : failed(path, "flushed");
}

Status flush_folder(const fs::path& folder) {
  const Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool flushed = descriptor.number() >= 0 && ::fsync(descriptor.number()) == 0;
  return flushed ? Status() : failed(folder, "flushed");
}

// Puts the folder `from` in the place of `to`; what was there is then in `from`.
Status exchange(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const unsigned flags = fs::exists(to, error) ? RENAME_EXCHANGE : 0;
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0
             ? Status()
             : failed(to, "put in place");
}

Status write_parts(const Head& head, const fs::path& part, const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directory(part, error)) {
    errno = error ? error.value() : EEXIST;
    return failed(part, "created");
  }
  for (const Status& status :
       {write_file(part / "model.safetensors", to_safetensors(head.tensors)),
        write_file(part / "config.json", head.config.dump(2) + "\n"), flush_folder(part)}) {
    if (!status.ok()) return status;
  }
  return exchange(part, folder);
}

fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

nlohmann::json head_config(const ModelConfig& config, const std::string& name,
                           const MatchParameters& match) {
  return {{"model_type", "deepstack_head"},
          {"name", name},
          {"hidden_size", config.tower.hidden_size},
          {"levels", config.levels()},
          {"projection_size", config.level_width()},
          {"fusion", config.fusion.kind == FusionKind::kConcat ? "concat" : "gated"},
          {"output_size", config.fusion.output_size},
          {"pool", {config.pool_rows, config.pool_columns}},
          {"match",
           {{"mrope_section", match.mrope_section},
            {"mrope_theta", match.mrope_theta},
            {"mrope_rate", match.mrope_rate},
            {"mrope_amplitude", match.mrope_amplitude},
            {"attention_scale", match.attention_scale},
            {"level_bias", match.level_bias},
            {"level_gap_slope", match.level_gap_slope},
            {"scale", match.scale},
            {"offset", match.offset}}}};
}

Status check_head_folder(const fs::path& path) {
  const fs::path folder = without_slash(path);
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  if (!fs::is_directory(folder, error)) return invalid(folder.string() + ": is no folder");
  if (fs::is_empty(folder, error)) return {};
  const Result<JsonTree> config = read_json_object(folder / "config.json");
  if (config.ok() && (*config)->value("model_type", nlohmann::json()) == "deepstack_head") return {};
  return invalid(folder.string() + ": holds something else than a head, and is left as it is");
}

Status write_head(const Head& head, const fs::path& path) {
  const fs::path folder = without_slash(path);
  if (Status status = check_head_folder(folder); !status.ok()) return status;
  const fs::path part = folder.string() + ".part" + std::to_string(::getpid());
  std::error_code ignored;
  fs::remove_all(part, ignored);
  Status status = write_parts(head, part, folder);
  fs::remove_all(part, ignored);  // what was replaced, or what could not be written
  if (!status.ok()) return status;
  const fs::path parent = folder.parent_path();
  return flush_folder(parent.empty() ? "." : parent);
}

}  // namespace deepstack
