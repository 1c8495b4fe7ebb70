// Colours of identities: the same in the page and in the annotated video, stable by order of
// appearance, told apart by people with and without red-green blindness. After kColors identities
// they repeat, so a colour never stands without the identity's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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

// Black or white: what is better to read on it.
Color text_color_on(Color background);

// "#rrggbb".
std::string css_color(Color color);

}  // namespace deepstack
