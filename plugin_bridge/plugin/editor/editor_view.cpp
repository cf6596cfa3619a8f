#include "editor_view.hpp"

#include "palette.hpp"

#include <algorithm>

namespace timbred {

void EditorView::paint(cairo_t* cairo, double width, double height, double scale, const EditorModel& model) {
    cairo_save(cairo);
    cairo_scale(cairo, scale, scale);
    Canvas canvas(cairo);
    width_ = width;
    height_ = height;
    regions_.clear();
    listArea_ = {0, 0, width, height};
    canvas.fill(listArea_, palette::kGround);
    double y = paintTitle(canvas, model);
    y = paintControls(canvas, model, y);
    y = paintWords(canvas, model, y);
    y = paintSlots(canvas, model, y);
    paintList(canvas, model, {0, y, width, paintFooter(canvas, model) - y});
    cairo_restore(cairo);
}

Target EditorView::at(double x, double y) const {
    for (auto region = regions_.rbegin(); region != regions_.rend(); ++region)
        if (region->box.contains(x, y))
            return region->target;
    return {};
}

bool EditorView::hover(double x, double y) {
    const Target before = hovered_;
    hovered_ = at(x, y);
    return !(hovered_ == before);
}

bool EditorView::leave() {
    const bool changes = hovers();
    hovered_ = {};
    return changes;
}

// Only what lies inside the list's area can be clicked there.
void EditorView::place(const Box& box, const Target& target) {
    const double top = std::max(box.y, listArea_.y);
    const double bottom = std::min(box.bottom(), listArea_.bottom());
    if (bottom > top)
        regions_.push_back({{box.x, top, box.width, bottom - top}, target});
}

} // namespace timbred
