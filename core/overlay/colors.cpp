#include "core/overlay/colors.h"

#include <array>
#include <cstdio>

namespace deepstack {
namespace {

// Chosen one after the other, each as far from all before as OKLab allows, counting the nearest of
// normal, protanopic and deuteranopic sight (Machado 2009); chroma 0.07-0.185, lightness 0.5-0.84
// of the first twelve, 0.46-0.87 of the others.
constexpr std::array<Color, kColors> kPalette{{
    {0x00, 0x78, 0xc0}, {0xf0, 0x78, 0x30}, {0x30, 0xe4, 0xf0}, {0xa8, 0x30, 0x54},
    {0xe4, 0xcc, 0x00}, {0x90, 0x9c, 0xfc}, {0x54, 0xa8, 0x9c}, {0xa8, 0x60, 0x00},
    {0xfc, 0xb4, 0x9c}, {0xd8, 0x54, 0x60}, {0x78, 0x54, 0x84}, {0x6c, 0x78, 0xf0},
    {0x48, 0x48, 0xb4}, {0xfc, 0x78, 0xc0}, {0x90, 0x3c, 0x00}, {0x00, 0x90, 0x78},
    {0x6c, 0xc0, 0xf0}, {0xcc, 0xb4, 0x60}, {0x90, 0xa8, 0x6c}, {0xb4, 0x48, 0xa8},
    {0xfc, 0xcc, 0x78}, {0x90, 0xd8, 0xc0}, {0xcc, 0x6c, 0x0c}, {0xcc, 0x78, 0xd8},
}};

}  // namespace

Color identity_color(size_t index) { return kPalette[index % kColors]; }

Color identity_color(std::string_view uuid) {
  uint32_t hash = 2166136261;  // FNV-1a; std::hash may differ from build to build
  for (const char character : uuid) {
    hash = (hash ^ static_cast<uint8_t>(character)) * 16777619U;
  }
  return identity_color(size_t{hash >> 8});  // its low bits are the weakest
}

Color text_color_on(Color background) {
  // Rec. 601 luma; 140 of 255 is where black overtakes white on these colours.
  const int luma = (299 * background.red + 587 * background.green + 114 * background.blue) / 1000;
  return luma > 140 ? Color{16, 16, 18} : Color{255, 255, 255};
}

std::string css_color(Color color) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", color.red, color.green, color.blue);
  return text;
}

}  // namespace deepstack
