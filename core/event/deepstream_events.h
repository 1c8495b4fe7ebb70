// Schema "deepstream-minimal": what nvmsgconv of DeepStream writes with PAYLOAD_DEEPSTREAM_MINIMAL.
// One line an analysed frame with tracks, an object a text between bars. It has no word for an
// identity; ids are those of tracks.
#pragma once

#include "core/event/event_converter.h"

namespace deepstack {

class DeepStreamEvents final : public EventConverter {
 protected:
  void write(const Event& event, const EventSource& source, std::vector<EventText>& lines) override;
};

}  // namespace deepstack
