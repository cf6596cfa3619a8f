#include "canvas.hpp"

#include "../core/utf8.hpp"

#include <algorithm>
#include <cmath>

namespace timbred {

namespace {

constexpr char kFamily[] = "Inter"; // fontconfig gives the system's sans where it is not installed
constexpr char kEllipsis[] = "…";
constexpr double kTurn = 3.14159265358979323846 / 2; // a quarter of a circle

} // namespace

std::string drawable(const std::string& text) {
    if (isUtf8(text))
        return text;
    std::string clean = text;
    std::replace_if(
        clean.begin(), clean.end(), [](char c) { return static_cast<uint8_t>(c) >= 0x80; }, '?');
    return clean;
}

void Canvas::colour(uint32_t colour, double alpha) {
    cairo_set_source_rgba(cairo_, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
                          (colour & 255) / 255.0, alpha);
}

void Canvas::path(const Box& box, double radius) {
    const double r = std::min({radius, box.width / 2, box.height / 2});
    if (r <= 0)
        return cairo_rectangle(cairo_, box.x, box.y, box.width, box.height);
    cairo_new_sub_path(cairo_);
    cairo_arc(cairo_, box.right() - r, box.y + r, r, -kTurn, 0);
    cairo_arc(cairo_, box.right() - r, box.bottom() - r, r, 0, kTurn);
    cairo_arc(cairo_, box.x + r, box.bottom() - r, r, kTurn, 2 * kTurn);
    cairo_arc(cairo_, box.x + r, box.y + r, r, 2 * kTurn, 3 * kTurn);
    cairo_close_path(cairo_);
}

void Canvas::fill(const Box& box, uint32_t shade, double radius, double alpha) {
    if (box.width <= 0 || box.height <= 0)
        return;
    path(box, radius);
    colour(shade, alpha);
    cairo_fill(cairo_);
}

void Canvas::outline(const Box& box, uint32_t shade, double radius) {
    path(box.inset(0.5), radius);
    colour(shade);
    cairo_set_line_width(cairo_, 1);
    cairo_stroke(cairo_);
}

void Canvas::dot(double x, double y, double radius, uint32_t shade) {
    cairo_new_sub_path(cairo_);
    cairo_arc(cairo_, x, y, radius, 0, 4 * kTurn);
    colour(shade);
    cairo_fill(cairo_);
}

void Canvas::line(double x1, double y1, double x2, double y2, uint32_t shade, double width) {
    cairo_move_to(cairo_, x1, y1);
    cairo_line_to(cairo_, x2, y2);
    colour(shade);
    cairo_set_line_width(cairo_, width);
    cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(cairo_);
}

void Canvas::triangle(const Box& box, uint32_t shade) {
    cairo_move_to(cairo_, box.x, box.y);
    cairo_line_to(cairo_, box.right(), box.y + box.height / 2);
    cairo_line_to(cairo_, box.x, box.bottom());
    cairo_close_path(cairo_);
    colour(shade);
    cairo_fill(cairo_);
}

void Canvas::pin(const Box& box, uint32_t shade, bool filled) {
    const double x = box.x + box.width / 2;
    const double y = box.y + box.height / 2;
    const Box head{x - 3, y - 6, 6, 6};
    if (filled)
        fill(head, shade, 1.5);
    else
        outline(head, shade, 1.5);
    line(x - 4.5, y + 1, x + 4.5, y + 1, shade);
    line(x, y + 1, x, y + 6, shade);
}

void Canvas::font(double size, Weight weight) {
    cairo_select_font_face(cairo_, kFamily, CAIRO_FONT_SLANT_NORMAL,
                           weight == Weight::bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_, size);
}

double Canvas::width(const std::string& text) {
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, drawable(text).c_str(), &extents);
    return extents.x_advance;
}

// Of the longest beginning that fits with what comes after it, by halving over the character boundaries.
size_t Canvas::fittingBytes(const std::string& text, double room, const char* after) {
    std::vector<size_t> ends{0};
    while (ends.back() < text.size())
        ends.push_back(std::min(text.size(), ends.back() + utf8Length(text[ends.back()])));
    const auto fits = [&](size_t end) { return width(text.substr(0, end) + after) <= room; };
    return *(std::partition_point(ends.begin() + 1, ends.end(), fits) - 1);
}

std::string Canvas::fitted(const std::string& text, double room) {
    return width(text) <= room ? text : text.substr(0, fittingBytes(text, room, kEllipsis)) + kEllipsis;
}

std::vector<std::string> Canvas::lines(const std::string& text, double room, size_t most) {
    std::vector<std::string> lines;
    std::string rest = drawable(text);
    while (lines.size() + 1 < most && width(rest) > room) {
        size_t end = std::max(fittingBytes(rest, room, ""), utf8Length(rest[0]));
        if (const size_t space = rest.rfind(' ', end); space != std::string::npos && space > 0)
            end = space;
        lines.push_back(rest.substr(0, end));
        rest.erase(0, end + (rest[end] == ' ' ? 1 : 0));
    }
    lines.push_back(rest);
    return lines;
}

std::string Canvas::ending(const std::string& text, double room) {
    std::string end = drawable(text);
    if (width(end) <= room)
        return end;
    while (!end.empty() && width(kEllipsis + end) > room)
        end.erase(0, utf8Length(end[0]));
    return kEllipsis + end;
}

double Canvas::text(const std::string& whole, double x, double y, double room, uint32_t shade, Align align) {
    if (room <= 0 || whole.empty())
        return 0;
    const std::string shown = fitted(drawable(whole), room);
    const double taken = width(shown);
    const double shift = align == Align::right    ? room - taken
                         : align == Align::centre ? (room - taken) / 2
                                                  : 0;
    cairo_move_to(cairo_, x + shift, y);
    colour(shade);
    cairo_show_text(cairo_, shown.c_str());
    return taken;
}

void Canvas::label(const std::string& shown, const Box& box, uint32_t shade) {
    cairo_font_extents_t extents;
    cairo_font_extents(cairo_, &extents);
    const double baseline = box.y + (box.height + extents.ascent - extents.descent) / 2;
    text(shown, box.x, std::round(baseline), box.width, shade, Align::centre);
}

void Canvas::clip(const Box& box) {
    cairo_save(cairo_);
    path(box, 0);
    cairo_clip(cairo_);
}

void Canvas::unclip() { cairo_restore(cairo_); }

} // namespace timbred
