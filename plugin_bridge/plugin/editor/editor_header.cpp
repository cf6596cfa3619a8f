// The editor above and below the list: title and state, controls, words, slots, footer.
#include "editor_view.hpp"
#include "palette.hpp"
#include "wording.hpp"

#include <algorithm>

namespace timbred {

namespace {

constexpr double kMargin = 16;
constexpr double kControlHeight = 28;
constexpr double kRadius = 6;

uint32_t stateColour(const Snapshot& snapshot) {
    if (!snapshot.ringTrouble.empty())
        return palette::kTrouble;
    if (snapshot.link == LinkState::searching)
        return palette::kFaint;
    if (snapshot.link != LinkState::connected || snapshot.state == "unavailable" || snapshot.state == "empty")
        return palette::kTrouble;
    if (snapshot.state == "listening")
        return palette::kAccent;
    return snapshot.state == "frozen" ? palette::kIce : palette::kDim;
}

std::string rowHint(const Snapshot& snapshot, int index) {
    if (static_cast<size_t>(index) >= snapshot.list->rows.size())
        return "";
    const Suggestion& row = snapshot.list->rows[static_cast<size_t>(index)];
    const std::string click = row.sound == snapshot.auditioned ? "Click: stop it. " : "Click: hear it. ";
    return click + (row.path.empty() ? "Right click: pin it. Its note is being rendered."
                                     : "Drag: to a track. Right click: pin it.");
}

// What a click would do where the pointer rests.
std::string hintOf(const Target& target, const Snapshot& snapshot) {
    switch (target.action) {
    case Action::row:
        return rowHint(snapshot, target.number);
    case Action::pin:
        return "Pin: hold this sound in the list.";
    case Action::reject:
        return "Reject: never show this sound here again.";
    case Action::unreject:
        return "Undo: take the last rejection back.";
    case Action::setMode:
        if (snapshot.state == "unavailable") // then the reason is of more use
            return "";
        return "Match: sounds like the music. Fit: belongs with it.";
    case Action::setContext:
        return "How much of the music to hear.";
    case Action::toggleFreeze:
        return "Hold the list as it is.";
    default:
        return "";
    }
}

} // namespace

double EditorView::paintTitle(Canvas& canvas, const EditorModel& model) {
    const Snapshot& snapshot = *model.snapshot;
    canvas.font(20, Weight::bold);
    canvas.text("timbred", kMargin, 33, 120, palette::kText);
    canvas.font(12.5, Weight::bold);
    const double right = width_ - kMargin;
    const std::string state = stateLabel(snapshot);
    const double taken = canvas.text(state, right - 220, 24, 220, palette::kText, Align::right);
    canvas.dot(right - taken - 11, 20, 4, stateColour(snapshot));
    canvas.font(11);
    canvas.text(catalogueLabel(snapshot), right - 320, 41, 320, palette::kDim, Align::right);
    return 58;
}

void EditorView::button(Canvas& canvas, const Box& box, const std::string& label, bool lit,
                        const Target& target) {
    const bool hovered = isHovered(target);
    if (lit)
        canvas.fill(box, palette::kAccent, kRadius - 2);
    else if (hovered)
        canvas.fill(box, palette::kPressed, kRadius - 2);
    canvas.label(label, box, lit ? palette::kOnAccent : hovered ? palette::kText : palette::kDim);
    place(box, target);
}

double EditorView::paintControls(Canvas& canvas, const EditorModel& model, double y) {
    static constexpr double kModeWidth = 56, kCell = 22, kUnitWidth = 34, kSecondsWidth = 18,
                            kFreezeWidth = 68;
    canvas.font(12, Weight::bold);
    canvas.fill({kMargin, y, 2 * kModeWidth, kControlHeight}, palette::kRaised, kRadius);
    for (int mode = 0; mode < 2; ++mode)
        button(canvas, Box{kMargin + mode * kModeWidth, y, kModeWidth, kControlHeight}.inset(2),
               mode == 0 ? "Match" : "Fit", model.settings.mode == kModes[mode], {Action::setMode, mode, ""});

    canvas.font(11.5, Weight::bold);
    const double contextWidth = kContextCount * kCell + kUnitWidth + kSecondsWidth + 4;
    const double freezeX = width_ - kMargin - kFreezeWidth;
    const double contextX = (kMargin + 2 * kModeWidth + freezeX - contextWidth) / 2;
    canvas.fill({contextX, y, contextWidth, kControlHeight}, palette::kRaised, kRadius);
    double x = contextX + 2;
    for (size_t i = 0; i < kContextCount; ++i) {
        const ContextChoice& choice = kContexts[i];
        const bool lit = model.settings.context.label == std::string(choice.label);
        const std::string digits = std::to_string(static_cast<int>(choice.length));
        button(canvas, {x, y + 2, kCell, kControlHeight - 4}, digits, lit,
               {Action::setContext, static_cast<int>(i), ""});
        x += kCell;
        const bool lastOfUnit = i + 1 == kContextCount || std::string(kContexts[i + 1].unit) != choice.unit;
        if (lastOfUnit) {
            const bool bars = std::string(choice.unit) == "bars";
            const double room = bars ? kUnitWidth : kSecondsWidth;
            canvas.label(bars ? "bars" : "s", {x, y, room, kControlHeight}, palette::kFaint);
            x += room;
        }
    }

    canvas.font(12, Weight::bold);
    const Box freeze{freezeX, y, kFreezeWidth, kControlHeight};
    const Target target{Action::toggleFreeze, 0, ""};
    const bool frozen = model.settings.frozen;
    canvas.fill(freeze,
                frozen              ? palette::kIce
                : isHovered(target) ? palette::kPressed
                                    : palette::kRaised,
                kRadius);
    canvas.label(frozen ? "Frozen" : "Freeze", freeze, frozen ? palette::kGround : palette::kDim);
    place(freeze, target);
    return y + kControlHeight + 10;
}

double EditorView::paintWords(Canvas& canvas, const EditorModel& model, double y) {
    const Box field{kMargin, y, width_ - 2 * kMargin, kControlHeight};
    const double textX = field.x + 30;
    const double room = field.width - 60;
    canvas.fill(field, palette::kPanel, kRadius);
    canvas.outline(field, model.wordsFocused ? palette::kAccent : palette::kLine, kRadius);
    canvas.outline({field.x + 9, y + 7, 11, 11}, palette::kFaint, 5.5); // a magnifying glass
    canvas.line(field.x + 18, y + 17, field.x + 21, y + 20, palette::kFaint);
    place(field, {Action::editWords, 0, ""});
    canvas.font(12.5);
    if (model.words.empty() && !model.wordsFocused)
        canvas.text("Only sounds with these words: warm 808 tape", textX, y + 18, room, palette::kFaint);
    const std::string words = model.wordsFocused ? canvas.ending(model.words, room) : model.words;
    const double taken = canvas.text(words, textX, y + 18, room, palette::kText);
    if (model.wordsFocused)
        canvas.line(textX + taken + 1.5, y + 7, textX + taken + 1.5, y + 21, palette::kAccent, 1);
    if (!model.words.empty()) {
        const double x = field.right() - 15;
        canvas.line(x - 3.5, y + 10.5, x + 3.5, y + 17.5, palette::kDim);
        canvas.line(x + 3.5, y + 10.5, x - 3.5, y + 17.5, palette::kDim);
        place({field.right() - 30, y, 30, kControlHeight}, {Action::clearWords, 0, ""});
    }
    return y + kControlHeight + 10;
}

double EditorView::paintSlots(Canvas& canvas, const EditorModel& model, double y) {
    static constexpr double kHeight = 22, kGap = 6;
    canvas.font(11);
    double x = kMargin;
    const auto room = [&](const std::string& label) {
        const double width = canvas.width(label) + 18;
        if (x + width > width_ - kMargin && x > kMargin) {
            x = kMargin;
            y += kHeight + kGap;
        }
        x += width + kGap;
        return Box{x - width - kGap, y, width, kHeight};
    };
    const auto chip = [&](const std::string& label, bool lit, const Target& target) {
        const Box box = room(label);
        canvas.fill(box, lit || isHovered(target) ? palette::kPressed : palette::kPanel, kHeight / 2);
        canvas.label(label, box, lit ? palette::kText : palette::kFaint);
        place(box, target);
    };
    const Choices& choices = model.settings.choices;
    chip("all", choices.slots.empty(), {Action::showAllSlots, 0, ""});
    for (const std::string& slot : model.slots)
        chip(slotLabel(slot), !choices.slots.empty() && choices.showsSlot(slot),
             {Action::toggleSlot, 0, slot});
    if (const std::string label = rejectedLabel(choices); !label.empty()) {
        const Target target{Action::unreject, 0, ""};
        const Box box = room(label);
        if (isHovered(target))
            canvas.fill(box, palette::kPressed, kHeight / 2);
        canvas.outline(box, palette::kPressed, kHeight / 2);
        canvas.label(label, box, isHovered(target) ? palette::kText : palette::kDim);
        place(box, target);
    }
    return y + kHeight + 8;
}

double EditorView::paintFooter(Canvas& canvas, const EditorModel& model) {
    static constexpr double kLine = 14;
    static constexpr size_t kMaxLines = 4;
    canvas.font(10.5);
    const std::string trouble = troubleLabel(*model.snapshot, model.unrecordedBlocks);
    const std::string facts = instanceLabel(*model.snapshot);
    const double room = width_ - 2 * kMargin - std::min(canvas.width(facts), 200.0) - 16;
    // Without a list the sentence stands whole in its place.
    const bool whole = !model.snapshot->list->rows.empty();
    const std::vector<std::string> lines =
        canvas.lines(trouble.empty() ? model.snapshot->detail : trouble, room, whole ? kMaxLines : 1);
    const double top = height_ - 12 - kLine * static_cast<double>(lines.size());
    canvas.fill({0, top, width_, 1}, palette::kLine);
    canvas.text(facts, width_ - kMargin - 200, top + 17, 200, palette::kFaint, Align::right);
    const bool auditions = trouble.empty() && !model.snapshot->auditioned.empty();
    const Target end{Action::endAudition, 0, ""}; // the sound's row may have left the list
    if (auditions)
        place({0, top, width_, height_ - top}, end);
    const std::string hint = hintOf(hovered_, *model.snapshot);
    if (auditions && hint.empty()) {
        canvas.text("A sound is auditioned: click here to end it.", kMargin, top + 17, room,
                    isHovered(end) ? palette::kText : palette::kAccent);
        return top;
    }
    if (trouble.empty() && !hint.empty()) { // as high as before: no row moves under the pointer
        canvas.text(hint, kMargin, top + 17, room, palette::kDim);
        return top;
    }
    for (size_t i = 0; i < lines.size(); ++i)
        canvas.text(lines[i], kMargin, top + 17 + kLine * static_cast<double>(i), room,
                    trouble.empty() ? palette::kDim : palette::kTrouble);
    return top;
}

} // namespace timbred
