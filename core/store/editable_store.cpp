#include "core/store/editable_store.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kLongestEditor_bytes = 64;

Status check_there(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "deepstack.sqlite";
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  if (error) {
    return {StatusCode::kUnavailable, file.string() + ": cannot be read: " + error.message()};
  }
  return not_found(file.string() + ": no such file; no gallery was learned there");
}

}  // namespace

Result<EditableStore> EditableStore::open(const std::filesystem::path& folder,
                                          const std::string& editor) {
  if (Status status = check_there(folder); !status.ok()) return status;
  Result<StoreFile> file = StoreFile::open(folder, StoreAccess::kWrite, std::nullopt);
  if (!file.ok()) return file.status();
  return EditableStore{*std::move(file), folder, printable(editor.substr(0, kLongestEditor_bytes))};
}

Result<EditableStore> EditableStore::open_beside_writer(const std::filesystem::path& folder,
                                                        const std::string& editor) {
  Result<StoreFile> file = open_store_to_read(folder);
  if (!file.ok()) return file.status();
  if (file->version < kStoreVersion) return open(folder, editor);  // to bring it up to this one
  Result<SqliteDatabase> database =
      SqliteDatabase::open(folder / "deepstack.sqlite", StoreAccess::kWrite);
  if (!database.ok()) return database.status();
  file->database = *std::move(database);
  if (Status status = prepare_writing(file->database); !status.ok()) return status;
  return EditableStore{*std::move(file), folder, printable(editor.substr(0, kLongestEditor_bytes))};
}

std::string EditableStore::this_editor() {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t user = getuid();
  if (getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return "uid " + std::to_string(user);
}

Result<StoreFile> open_store_to_read(const std::filesystem::path& folder) {
  return StoreFile::open(folder, StoreAccess::kRead, std::nullopt);
}

}  // namespace deepstack
