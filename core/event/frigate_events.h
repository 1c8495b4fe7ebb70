// Schema "frigate": the messages of Frigate's MQTT topics. Of `frigate/events` {type, before,
// after}: type new, update or end, both sides a whole object; of `frigate/tracked_object_update`
// {type, id, camera, ...}: who an object is, told when that is decided or corrected. An identity is
// the sub_label [UUID, score].
//
// An update is told when Frigate tells one: another sub_label, it comes to rest or moves on, a
// better view, or a minute has passed. What was told last of each track is kept, of 1024 tracks at
// most: the oldest is told to have ended when there are more.
#pragma once

#include <map>
#include <string>

#include "core/event/event_converter.h"
#include "core/event/frame_object_json.h"

namespace deepstack {

class FrigateEvents final : public EventConverter {
 public:
  static constexpr size_t kMostTracks = 1024;

  size_t tracks() const { return tracks_.size(); }

 protected:
  void write(const Event& event, const EventSource& source, std::vector<EventText>& lines) override;

 private:
  // A view of an object that is worth a snapshot.
  struct View {
    double time_s = 0;  // UNIX
    PixelBox box;
    double score = 0;
  };
  // One side of a message.
  struct Side {
    View now;
    View best;
    double top_score = 0;
    std::string sub_label;  // "" for none
    double sub_label_score = 0;
    bool stationary = false;
    int64_t motionless_count = 0;
    int64_t position_changes = 0;
    bool false_positive = false;
  };
  struct Object {
    std::string id;
    std::string label;
    double start_time_s = 0;
    Side told;
    Side now;
    int64_t told_ns = 0;  // time of the stream, as the next
    Box rest;             // where it has been since it last moved
    int64_t rest_ns = 0;
  };
  using Objects = std::map<int64_t, Object>;  // by track
  struct Message;

  static void see(Object& object, const ObservedObject& seen, const EventFrame& frame);
  static bool is_news(const Object& object, const EventFrame& frame);
  static void write_side(JsonWriter& json, const Message& message, const Side& side, bool after);
  void tell(const Message& message);
  void tell_identity(const Message& message);
  void begin(Objects& objects, const ObservedObject& seen, const Message& message);
  void update(Objects& objects, const ObservedObject& seen, const Message& message);
  void end(Objects& objects, int64_t track_id, const Message& message);
  void correct(Objects& objects, const Event& event, const Message& message);

  Objects tracks_;
};

}  // namespace deepstack
