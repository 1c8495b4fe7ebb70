// FilePublisher: lines appended to regular files, whose names follow the hour or day (UTC) and the
// size: name.jsonl, name.1.jsonl, ... A line is in the file as a whole or not at all; a file that
// is there is gone on with. It is delivered once it is written; sync_interval_ms later at the
// latest the disk has it.
#pragma once

#include <filesystem>
#include <memory>

#include "core/publish/event_publisher.h"
#include "core/time/clock.h"

namespace deepstack {

class FilePublisher final : public EventPublisher {
 public:
  FilePublisher(const PublishPlan& plan, DeliveryListener& listener,
                std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>());
  ~FilePublisher() override { close(); }
  FilePublisher(const FilePublisher&) = delete;
  FilePublisher& operator=(const FilePublisher&) = delete;

  // Makes the file.
  Status check() override;
  void open() override;
  void send(uint64_t number, const std::string& json) override;
  int64_t serve(int64_t now_ns) override;
  void close() override;
  size_t window() const override { return 1; }

 private:
  std::filesystem::path name_now() const;
  Status open_file(const std::filesystem::path& name);
  Status open_next();
  Status try_open(const std::filesystem::path& path);
  Status append(const std::string& json);
  Status sync();

  const TextTemplate target_;
  const uint64_t rotate_bytes_;
  const int sync_interval_ms_;
  DeliveryListener& listener_;
  const std::shared_ptr<const Clock> clock_;

  int fd_ = -1;
  std::filesystem::path name_;  // without the number
  int number_ = 0;
  std::filesystem::path path_;  // what is open
  uint64_t size_ = 0;
  int64_t sync_due_ns_ = kNever;
};

}  // namespace deepstack
