// Any bytes as a .safetensors file, in memory (memfd): opened, and every tensor read.
//
//   0, data size (2 bytes, little endian), header    the file's length field is written here: a
//   change
//                                                    of the header would seldom keep it right
//   otherwise anything, then                         the file as it is
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include <nlohmann/json.hpp>

#include "core/model/safetensors.h"
#include "tests/fuzz/require.h"
#include "tests/support/safetensors_file.h"

namespace deepstack {
namespace {

using nlohmann::json;
using test::require;

std::string file_of(std::string_view input) {
  if (input.empty() || input[0] != '\0') return std::string(input.substr(input.empty() ? 0 : 1));
  uint16_t data_bytes = 0;
  if (input.size() < 1 + sizeof data_bytes) return "";
  std::memcpy(&data_bytes, input.data() + 1, sizeof data_bytes);
  return test::safetensors_file(std::string(input.substr(1 + sizeof data_bytes)),
                                std::string(data_bytes, 'x'));
}

// What was read is what the header says to a parser that keeps everything.
void require_same(const Safetensors& file, const std::string& bytes) {
  const std::string_view header = std::string_view(bytes).substr(8, file.header_bytes());
  json parsed = json::parse(header, nullptr, false);
  require(parsed.is_object(), "the header is a JSON object");
  parsed.erase("__metadata__");
  require(parsed.size() == file.entries().size(), "every tensor is there, and no other");
  const uint64_t data_begin = 8 + file.header_bytes();
  uint64_t data_bytes = 0;
  std::string data;
  for (const auto& [name, entry] : file.entries()) {
    const json& value = parsed[name];
    require(value["shape"] == entry.shape, "the shape is right");
    require(value["data_offsets"] == json({entry.begin - data_begin, entry.end - data_begin}),
            "the offsets are right");
    data_bytes += entry.end - entry.begin;
    data.resize(entry.end - entry.begin);
    require(file.read(entry, data.data()).ok(), "the tensor can be read");
    require(data == bytes.substr(entry.begin, data.size()), "its bytes are those of the file");
  }
  require(data_begin + data_bytes == bytes.size(), "tensors fill the file");
}

}  // namespace
}  // namespace deepstack

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  static const int memory = memfd_create("safetensors_fuzz", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(memory);
  const std::string content = file_of({reinterpret_cast<const char*>(data), bytes});
  require(
      ftruncate(memory, static_cast<off_t>(content.size())) == 0 &&
          pwrite(memory, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
      "the file is written");
  const Result<Safetensors> file = Safetensors::open(path);
  if (file.ok()) {
    require_same(*file, content);
  } else {
    test::require_clear(file.status(), StatusCode::kCorrupt);
  }
  return 0;
}
