#include "core/overlay/glyph_atlas.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr char kFirst = ' ';
constexpr char kLast = '~';
// Height of capitals of OpenCV's Hershey fonts at scale 1, from middle to middle of strokes.
constexpr int kFontCapital = 21;
// Glyphs are drawn so many times larger, then averaged, which is smooth; large ones are smooth as
// drawn, and would take a second.
constexpr int kFiner = 4;
constexpr int kLargeCapital = 64;

// Calls use(character) for each of a UTF-8 text's; '?' for what is not printable ASCII.
template <typename Use>
void for_characters(std::string_view text, const Use& use) {
  for (const char character : text) {
    const bool continues = (static_cast<uint8_t>(character) & 0xC0) == 0x80;
    if (continues) continue;
    use(character < kFirst || character > kLast ? '?' : character);
  }
}

}  // namespace

GlyphAtlas::GlyphAtlas(int capital_pixels, Weight weight)
    : capital_(std::clamp(capital_pixels, 4, 512)), descent_((capital_ + 2) / 3) {
  glyphs_.resize(kLast - kFirst + 1);
  for (char character = kFirst; character <= kLast; ++character) {
    make(glyphs_[static_cast<size_t>(character - kFirst)], character, weight);
  }
}

void GlyphAtlas::make(Glyph& glyph, char character, Weight weight) const {
  const int finer = capital_ > kLargeCapital ? 1 : kFiner;
  const int font = cv::FONT_HERSHEY_SIMPLEX;
  // Thinner strokes fade when they are averaged, bolder ones close the e.
  const double share = weight == Weight::kBold ? 0.18 : 0.14;  // of the height
  const int stroke = std::max(finer, static_cast<int>(std::lround(capital_ * finer * share)));
  const double scale = static_cast<double>(capital_ * finer - stroke) / kFontCapital;
  const auto large_width = [&](const std::string& text) {
    int baseline = 0;
    return cv::getTextSize(text, font, scale, stroke, &baseline).width;
  };
  const int advance =
      large_width(std::string(2, character)) - large_width(std::string(1, character));
  const int margin = stroke / finer + 1;
  // Half a stroke more, as bold letters are as much wider.
  glyph.advance = (advance + stroke / 2 + finer / 2) / finer;
  glyph.left = -margin;
  glyph.width = glyph.advance + 2 * margin;
  const int rows = capital_ + descent_ + margin;
  cv::Mat large(rows * finer, glyph.width * finer, CV_8UC1, cv::Scalar(0));
  const cv::Point pen(margin * finer + stroke / 4, (capital_ + margin) * finer - stroke / 2);
  cv::putText(large, std::string(1, character), pen, font, scale, cv::Scalar(255), stroke,
              cv::LINE_AA);
  cv::Mat small;
  cv::resize(large, small, {glyph.width, rows}, 0, 0, cv::INTER_AREA);
  glyph.shares.assign(small.datastart, small.dataend);
}

const GlyphAtlas::Glyph& GlyphAtlas::glyph(char character) const {
  return glyphs_[static_cast<size_t>(character - kFirst)];
}

int GlyphAtlas::width_of(std::string_view text) const {
  int width = 0;
  for_characters(text, [&](char character) { width += glyph(character).advance; });
  return width;
}

void GlyphAtlas::draw(Canvas& canvas, std::string_view text, int x, int baseline,
                      Color color) const {
  for_characters(text, [&](char character) {
    const Glyph& drawn = glyph(character);
    const int rows = static_cast<int>(drawn.shares.size()) / std::max(1, drawn.width);
    const int top = baseline + descent_ - rows;
    canvas.blend({drawn.shares, drawn.width, rows}, x + drawn.left, top, color);
    x += drawn.advance;
  });
}

}  // namespace deepstack
