// A few drawing words over Cairo: colours as numbers, rounded boxes, text that fits its width.
#pragma once

#include <cairo.h>
#include <cstdint>
#include <string>
#include <vector>

namespace timbred {

struct Box {
    double x = 0, y = 0, width = 0, height = 0;

    double right() const { return x + width; }
    double bottom() const { return y + height; }
    bool contains(double px, double py) const { return px >= x && px < right() && py >= y && py < bottom(); }
    Box inset(double by) const { return {x + by, y + by, width - 2 * by, height - 2 * by}; }
};

enum class Weight { normal, bold };
enum class Align { left, right, centre };

// All functions: [ui-thread]; lengths in logical pixels, colours 0xrrggbb.
class Canvas {
  public:
    explicit Canvas(cairo_t* cairo) : cairo_(cairo) {}

    void fill(const Box& box, uint32_t colour, double radius = 0, double alpha = 1);
    void outline(const Box& box, uint32_t colour, double radius);
    void dot(double x, double y, double radius, uint32_t colour);
    void line(double x1, double y1, double x2, double y2, uint32_t colour, double width = 1.5);

    // Points to the right, as high and wide as the box.
    void triangle(const Box& box, uint32_t colour);

    // The pin of a held sound, its head at the top of the box.
    void pin(const Box& box, uint32_t colour, bool filled);

    void font(double size, Weight weight = Weight::normal);
    double width(const std::string& text);

    // Text as lines that fit a width, broken at spaces, and within a word where that is wider than a line; of
    // more lines than `most` the last holds all that is left.
    std::vector<std::string> lines(const std::string& text, double room, size_t most);

    // As much of a text's end as fits a width, after an ellipsis where that is not all.
    std::string ending(const std::string& text, double room);

    // Text in the font set last, on a baseline at `y`, cut with an ellipsis where it passes `room`;
    // returns the width it took.
    double text(const std::string& text, double x, double y, double room, uint32_t colour,
                Align align = Align::left);

    // Text in the middle of a box.
    void label(const std::string& text, const Box& box, uint32_t colour);

    void clip(const Box& box);
    void unclip();

  private:
    void path(const Box& box, double radius);
    void colour(uint32_t colour, double alpha = 1);
    size_t fittingBytes(const std::string& text, double room, const char* after);
    std::string fitted(const std::string& text, double room);

    cairo_t* cairo_;
};

// [any-thread] Text that Cairo takes: bytes that are no UTF-8 become question marks.
std::string drawable(const std::string& text);

} // namespace timbred
