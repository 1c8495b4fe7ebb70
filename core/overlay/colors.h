// Colours of identities, told apart by people with and without red-green blindness. A report, which
// knows all of its identities, gives them by order of appearance; live video by UUID, so that
// somebody has the same one on every camera and after a restart. They repeat, by order after
// kColors: a colour never stands without the identity's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace deepstack {

struct Color {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
  bool operator==(const Color&) const = default;
};

inline constexpr size_t kColors = 24;
inline constexpr Color kUnknownColor{139, 144, 152};  // of tracks without identity

// index: order of appearance, from 0.
Color identity_color(size_t index);

// The same text has the same colour, on every machine.
Color identity_color(std::string_view uuid);

// Black or white: what is better to read on it.
Color text_color_on(Color background);

// "#rrggbb".
std::string css_color(Color color);

}  // namespace deepstack
