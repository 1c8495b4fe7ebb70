// Schema "dlstreamer": what gvametaconvert of DL Streamer writes, and not a key more, for readers
// that are strict. One line an analysed frame with tracks; an identity is an attribute of its
// object, as a classifier's answer is. What is no frame (new, end, rename ...) has no word there.
#pragma once

#include "core/event/event_converter.h"

namespace deepstack {

class DlStreamerEvents final : public EventConverter {
 protected:
  void write(const Event& event, const EventSource& source, std::vector<EventText>& lines) override;
};

}  // namespace deepstack
