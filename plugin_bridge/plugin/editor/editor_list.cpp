// The editor's list: slots, their suggestions, and what stands there when there are none.
#include "editor_view.hpp"
#include "palette.hpp"
#include "wording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace timbred {

namespace {

constexpr double kMargin = 16;
constexpr double kHeadHeight = 30;
constexpr double kRowHeight = 46;
constexpr double kEmptyRowHeight = 28;
constexpr double kButton = 24;
constexpr double kScoreWidth = 40;
constexpr double kNoticeHeight = 24;

std::string percent(float score) {
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", static_cast<double>(score));
    return text;
}

std::string origin(const Suggestion& row) {
    if (row.pack.empty() || row.role.empty())
        return row.pack + slotLabel(row.role);
    return row.pack + "  ·  " + slotLabel(row.role);
}

int shownCount(const SuggestionList& list, const std::string& slot) {
    return static_cast<int>(std::count_if(list.rows.begin(), list.rows.end(), [&](const Suggestion& row) {
        return row.slot == slot && !row.sound.empty();
    }));
}

double heightOf(const SuggestionList& list) {
    double height = 12;
    for (size_t i = 0; i < list.rows.size(); ++i) {
        height += i == 0 || list.rows[i].slot != list.rows[i - 1].slot ? kHeadHeight : 0;
        height += list.rows[i].sound.empty() ? kEmptyRowHeight : kRowHeight;
    }
    return height;
}

} // namespace

void EditorView::paintList(Canvas& canvas, const EditorModel& model, const Box& area) {
    const SuggestionList& list = *model.snapshot->list;
    canvas.fill({0, area.y, width_, 1}, palette::kLine);
    listArea_ = {area.x, area.y + 1, area.width, area.height - 1};
    if (list.rows.empty()) {
        scroll_ = 0; // the next list begins at its top
        return paintMessage(canvas, model, listArea_);
    }
    const std::string notice = oldListLabel(*model.snapshot, model.settings.mode);
    if (!notice.empty())
        paintNotice(canvas, notice);
    const double contentHeight = heightOf(list);
    scroll_ = std::clamp(scroll_, 0.0, std::max(0.0, contentHeight - listArea_.height));
    canvas.clip(listArea_);
    double y = listArea_.y - scroll_ + 4;
    for (size_t i = 0; i < list.rows.size(); ++i) {
        if (i == 0 || list.rows[i].slot != list.rows[i - 1].slot)
            y = paintSlotHead(canvas, model, list.rows[i].slot, y);
        y = paintRow(canvas, model, i, y);
    }
    if (model.snapshot->link != LinkState::connected || !notice.empty()) // an old list, kept in sight
        canvas.fill(listArea_, palette::kGround, 0, 0.6);
    paintScrollBar(canvas, listArea_, contentHeight);
    canvas.unclip();
}

// Below the list, which ends above it: no row moves when it comes or goes.
void EditorView::paintNotice(Canvas& canvas, const std::string& notice) {
    listArea_.height -= kNoticeHeight;
    const double top = listArea_.bottom();
    canvas.fill({0, top, width_, kNoticeHeight}, palette::kRaised);
    canvas.font(11.5);
    canvas.text(notice, kMargin, top + 16, width_ - 2 * kMargin, palette::kText);
}

double EditorView::paintSlotHead(Canvas& canvas, const EditorModel& model, const std::string& slot,
                                 double y) {
    canvas.font(11, Weight::bold);
    const double taken = canvas.text(slotLabel(slot), kMargin, y + 20, 200, palette::kAccent);
    canvas.fill({kMargin + taken + 10, y + 16, width_ - 2 * kMargin - taken - 70, 1}, palette::kLine);
    const int shown = shownCount(*model.snapshot->list, slot);
    canvas.font(14);
    const double right = width_ - kMargin;
    if (shown > 1)
        button(canvas, {right - 48, y + 6, 22, 20}, "−", false, {Action::fewer, shown - 1, slot});
    if (shown > 0 && shown < Choices::kMaxCount)
        button(canvas, {right - 24, y + 6, 22, 20}, "+", false, {Action::more, shown + 1, slot});
    return y + kHeadHeight;
}

double EditorView::paintRow(Canvas& canvas, const EditorModel& model, size_t index, double y) {
    const Suggestion& row = model.snapshot->list->rows[index];
    const int number = static_cast<int>(index);
    if (row.sound.empty()) {
        canvas.font(12);
        canvas.text(row.why.empty() ? "nothing here fits" : row.why, kMargin + 28, y + 17,
                    width_ - 3 * kMargin - 28, palette::kFaint);
        return y + kEmptyRowHeight;
    }
    const Box box{kMargin - 8, y, width_ - 2 * kMargin + 16, kRowHeight - 2};
    const bool hovered =
        hovered_.number == number && (hovered_.action == Action::row || hovered_.action == Action::pin ||
                                      hovered_.action == Action::reject);
    if (hovered)
        canvas.fill(box, palette::kRaised, 6);
    const std::string verdict = model.settings.choices.verdict(row.sound);
    const bool pinned = verdict == "pin";
    if (pinned)
        canvas.fill({box.x, y + 8, 3, kRowHeight - 18}, palette::kPin, 1.5);
    place(box, {Action::row, number, ""});
    paintRank(canvas, model, row, {kMargin, y + 5, 20, 22}, hovered_ == Target{Action::row, number, ""},
              pinned);
    const double buttonsLeft = box.right() - 2 * kButton - 6;
    paintRowText(canvas, row, box, buttonsLeft, verdict == "reject");
    const Box bar{buttonsLeft - kScoreWidth - 8, y + 22, kScoreWidth, 3};
    canvas.font(11.5, Weight::bold);
    canvas.text(percent(row.score), bar.x, y + 17, kScoreWidth, palette::kDim, Align::right);
    canvas.fill(bar, palette::kLine, 2);
    const double share = std::clamp(static_cast<double>(row.score), 0.0, 1.0);
    canvas.fill({bar.x, bar.y, kScoreWidth * share, bar.height}, pinned ? palette::kPin : palette::kAccent,
                2);
    paintRowButtons(canvas, {buttonsLeft, y, 2 * kButton, box.height}, number, hovered, pinned);
    return y + kRowHeight;
}

// The rank; what a click does in its place: a triangle plays, a square stops, dots wait.
void EditorView::paintRank(Canvas& canvas, const EditorModel& model, const Suggestion& row, const Box& box,
                           bool hovered, bool pinned) {
    const double x = box.x + box.width / 2;
    const double y = box.y + box.height / 2;
    if (model.snapshot->auditioned != row.sound) {
        if (hovered)
            return canvas.triangle({x - 4, y - 5, 9, 10}, palette::kText);
        canvas.font(12, Weight::bold);
        canvas.text(std::to_string(row.rank), box.x, box.y + 15, box.width,
                    pinned ? palette::kPin : palette::kFaint, Align::centre);
    } else if (model.snapshot->auditionIsDue) {
        for (int dot = -1; dot <= 1; ++dot)
            canvas.dot(x + 5 * dot, y, 1.5, palette::kAccent);
    } else {
        canvas.fill({x - 4.5, y - 4.5, 9, 9}, palette::kAccent, 1.5);
    }
}

void EditorView::paintRowText(Canvas& canvas, const Suggestion& row, const Box& box, double buttonsLeft,
                              bool leaving) {
    const double x = kMargin + 28;
    const double nameRight = buttonsLeft - kScoreWidth - 18;
    canvas.font(13, Weight::bold);
    const double taken = canvas.text(row.name, x, box.y + 19, (nameRight - x) * 0.72,
                                     leaving ? palette::kFaint : palette::kText);
    canvas.font(11);
    canvas.text(origin(row), x + taken + 12, box.y + 19, nameRight - x - taken - 12, palette::kFaint);
    canvas.text(row.why, x, box.y + 37, buttonsLeft - 8 - x, palette::kDim); // passes below the score
}

void EditorView::paintRowButtons(Canvas& canvas, const Box& box, int index, bool hovered, bool pinned) {
    const Target pin{Action::pin, index, ""};
    const Target reject{Action::reject, index, ""};
    const Box pinBox{box.x, box.y, kButton, box.height};
    const Box rejectBox{box.x + kButton, box.y, kButton, box.height};
    if (hovered || pinned)
        canvas.pin(pinBox,
                   pinned           ? palette::kPin
                   : isHovered(pin) ? palette::kText
                                    : palette::kFaint,
                   pinned);
    if (hovered) {
        const uint32_t shade = isHovered(reject) ? palette::kTrouble : palette::kFaint;
        const double x = rejectBox.x + kButton / 2;
        const double y = rejectBox.y + box.height / 2;
        canvas.line(x - 4, y - 4, x + 4, y + 4, shade);
        canvas.line(x + 4, y - 4, x - 4, y + 4, shade);
    }
    place(pinBox, pin);
    place(rejectBox, reject);
}

void EditorView::paintScrollBar(Canvas& canvas, const Box& area, double contentHeight) {
    if (contentHeight <= area.height)
        return;
    const double height = std::max(24.0, area.height * area.height / contentHeight);
    const double travel = (area.height - height) / (contentHeight - area.height);
    canvas.fill({area.right() - 5, area.y + scroll_ * travel, 3, height}, palette::kPressed, 1.5);
}

void EditorView::paintMessage(Canvas& canvas, const EditorModel& model, const Box& area) {
    static constexpr double kLine = 17;
    const Message message = messageOf(*model.snapshot);
    const double room = width_ - 2 * kMargin;
    const size_t most = static_cast<size_t>(std::max(1.0, (area.height - 40) / kLine));
    canvas.font(12);
    const std::vector<std::string> lines = canvas.lines(message.sentence, room, most);
    const double further = kLine * static_cast<double>(lines.size() - 1);
    double y = area.y + std::max(20.0, area.height * 0.45 - further / 2);
    canvas.font(15, Weight::bold);
    canvas.text(message.heading, kMargin, y, room, palette::kText, Align::centre);
    canvas.font(12);
    y += 24;
    for (const std::string& line : lines) {
        canvas.text(line, kMargin, y, room, palette::kDim, Align::centre);
        y += kLine;
    }
}

} // namespace timbred
