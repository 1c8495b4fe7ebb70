// GlyphAtlas: the printable ASCII characters of one size and weight, drawn once, so that a line of
// text costs no more than mixing its pixels in. Immutable after it was made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/overlay/canvas.h"

namespace deepstack {

class GlyphAtlas {
 public:
  enum class Weight { kRegular, kBold };

  // capital_pixels: height of a capital letter, 4..512 (clamped).
  GlyphAtlas(int capital_pixels, Weight weight);

  int capital_pixels() const { return capital_; }
  // How far g and y reach below the line.
  int descent_pixels() const { return descent_; }
  int width_of(std::string_view text) const;

  // (x, baseline): where the first letter stands. UTF-8; a character that the atlas lacks is a '?'.
  void draw(Canvas& canvas, std::string_view text, int x, int baseline, Color color) const;

 private:
  struct Glyph {
    std::vector<uint8_t> shares;
    int width = 0;    // of shares; their height is that of the atlas
    int advance = 0;  // to the next one
    int left = 0;     // from the pen to the first column
  };
  void make(Glyph& glyph, char character, Weight weight) const;
  const Glyph& glyph(char character) const;

  int capital_;
  int descent_;
  std::vector<Glyph> glyphs_;
};

}  // namespace deepstack
