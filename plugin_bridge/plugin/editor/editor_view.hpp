// The editor's picture and where in it one can click. Knows no plugin format and no window: it draws
// on any Cairo context, so that it can be looked at and tested without a host.
#pragma once

#include "../core/link.hpp"
#include "canvas.hpp"

namespace timbred {

enum class Action {
    none,
    setMode,    // number: index in kModes
    setContext, // number: index in kContexts
    toggleFreeze,
    editWords,
    clearWords,
    showAllSlots,
    toggleSlot, // text: slot
    fewer,      // text: slot, number: the count wished
    more,       // text: slot, number: the count wished
    row,        // number: index in the list; a click to hear it, a press to drag it out as its file
    pin,        // number: index in the list
    reject,     // number: index in the list
    unreject,   // takes the last rejection back
    endAudition,
};

struct Target {
    Action action = Action::none;
    int number = 0;
    std::string text;

    bool operator==(const Target& other) const {
        return action == other.action && number == other.number && text == other.text;
    }
};

// What a picture is made of.
struct EditorModel {
    std::shared_ptr<const Snapshot> snapshot = std::make_shared<Snapshot>();
    SettingsValues settings{kModes[0], kContexts[2], false, {}};
    std::vector<std::string> slots{std::begin(osc::kSlotNames), std::end(osc::kSlotNames)};
    uint64_t unrecordedBlocks = 0;
    std::string words; // as typed so far
    bool wordsFocused = false;
};

// All functions: [ui-thread].
class EditorView {
  public:
    static constexpr double kMinWidth = 460;
    static constexpr double kMinHeight = 360;

    // Draws all; sizes in logical pixels, `scale` device pixels each.
    void paint(cairo_t* cairo, double width, double height, double scale, const EditorModel& model);

    // What a click at a place of the last picture means.
    Target at(double x, double y) const;

    // Moves the list by so many logical pixels; positive shows what is further down.
    void scroll(double by) { scroll_ += by; }

    // Where the pointer is; true when the picture changes by it.
    bool hover(double x, double y);

    // The pointer has left; true when the picture changes by it.
    bool leave();

    // Whether the pointer is on something that can be clicked.
    bool hovers() const { return hovered_.action != Action::none; }

  private:
    struct Region {
        Box box;
        Target target;
    };

    // editor_header.cpp; each returns the y at which the next part begins, the footer its own.
    double paintTitle(Canvas& canvas, const EditorModel& model);
    double paintControls(Canvas& canvas, const EditorModel& model, double y);
    double paintWords(Canvas& canvas, const EditorModel& model, double y);
    double paintSlots(Canvas& canvas, const EditorModel& model, double y);
    double paintFooter(Canvas& canvas, const EditorModel& model);
    void button(Canvas& canvas, const Box& box, const std::string& label, bool lit, const Target& target);

    // editor_list.cpp
    void paintList(Canvas& canvas, const EditorModel& model, const Box& area);
    void paintNotice(Canvas& canvas, const std::string& notice);
    double paintSlotHead(Canvas& canvas, const EditorModel& model, const std::string& slot, double y);
    double paintRow(Canvas& canvas, const EditorModel& model, size_t index, double y);
    void paintRowText(Canvas& canvas, const Suggestion& row, const Box& box, double buttonsLeft,
                      bool leaving);
    void paintRank(Canvas& canvas, const EditorModel& model, const Suggestion& row, const Box& box,
                   bool hovered, bool pinned);
    void paintRowButtons(Canvas& canvas, const Box& box, int index, bool hovered, bool pinned);
    void paintScrollBar(Canvas& canvas, const Box& area, double contentHeight);
    void paintMessage(Canvas& canvas, const EditorModel& model, const Box& area);

    void place(const Box& box, const Target& target);
    bool isHovered(const Target& target) const { return hovered_ == target; }

    double width_ = 0;
    double height_ = 0;
    double scroll_ = 0;
    Box listArea_;
    Target hovered_;
    std::vector<Region> regions_; // of the last picture, later ones on top
};

} // namespace timbred
