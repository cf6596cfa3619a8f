#include "../editor/editor_view.hpp"
#include "../editor/file_drag.hpp"
#include "../editor/rejections.hpp"
#include "../editor/wording.hpp"
#include "check.hpp"

#include <algorithm>

using namespace timbred;

namespace {

struct Picture {
    Picture(int width, int height)
        : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
          cairo(cairo_create(surface)) {}
    ~Picture() {
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
    }
    cairo_surface_t* surface;
    cairo_t* cairo;
};

std::shared_ptr<Snapshot> connected(size_t rows) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->link = LinkState::connected;
    snapshot->state = "listening";
    auto list = std::make_shared<SuggestionList>();
    for (size_t i = 0; i < rows; ++i)
        list->rows.push_back({i < rows / 2 ? "kick" : "closed_hat", static_cast<int>(i + 1),
                              std::to_string(i),
                              "A rather long name of a sound that must be cut " + std::to_string(i), "Päck",
                              "kick", 0.8f, false, "brightness within 3 %", "/a b/ü.wav"});
    list->rows.push_back({"pad", 1, "", "", "", "", 0.f, false, "nothing here fits", ""});
    snapshot->list = list;
    return snapshot;
}

EditorModel modelOf(std::shared_ptr<const Snapshot> snapshot) {
    EditorModel model;
    model.snapshot = std::move(snapshot);
    return model;
}

// The first place in the picture that means an action, or -1.
double findY(const EditorView& view, Action action, double x) {
    for (double y = 0; y < 680; y += 2)
        if (view.at(x, y).action == action)
            return y;
    return -1;
}

// Whether an action can be clicked anywhere in a picture of that size, and how far to the right.
double rightmost(const EditorView& view, Action action, double width) {
    double found = -1;
    for (double x = 0; x < width + 100; x += 2)
        if (findY(view, action, x) >= 0)
            found = x;
    return found;
}

// The pixels of some lines.
std::string lines(const Picture& picture, int top, int bottom) {
    cairo_surface_flush(picture.surface);
    const auto* bytes = reinterpret_cast<const char*>(cairo_image_surface_get_data(picture.surface));
    const int stride = cairo_image_surface_get_stride(picture.surface);
    return {bytes + top * stride, bytes + bottom * stride};
}

// The brightest byte of some lines; the fourth of each pixel is unused.
int brightest(const Picture& picture, int top, int bottom) {
    const std::string bytes = lines(picture, top, bottom);
    int most = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
        if (i % 4 != 3)
            most = std::max(most, static_cast<int>(static_cast<uint8_t>(bytes[i])));
    return most;
}

} // namespace

TEST(every_state_paints_at_every_size_and_scale_without_a_cairo_error) {
    for (const LinkState link :
         {LinkState::searching, LinkState::connected, LinkState::gone, LinkState::refused})
        for (const char* state :
             {"listening", "waiting", "silent", "frozen", "empty", "unavailable", "later"})
            for (const double scale : {1.0, 1.5, 2.0})
                for (const size_t rows : {0, 40}) {
                    const auto snapshot = connected(rows);
                    snapshot->link = link;
                    snapshot->state = state;
                    snapshot->trouble = "a path with \xff in it";
                    Picture picture(700, 900);
                    EditorView().paint(picture.cairo, 460, 360, scale, modelOf(snapshot));
                    CHECK(cairo_status(picture.cairo) == CAIRO_STATUS_SUCCESS);
                }
}

TEST(a_row_its_pin_and_its_cross_can_be_clicked) {
    Picture picture(520, 680);
    EditorView view;
    view.paint(picture.cairo, 520, 680, 1, modelOf(connected(6)));
    const double y = findY(view, Action::row, 100);
    CHECK(y > 0 && view.at(100, y).number == 0);
    CHECK(view.at(478, y).action == Action::pin);
    CHECK(view.at(500, y).action == Action::reject);
}

TEST(after_scrolling_another_row_lies_under_the_same_place_and_the_header_stays) {
    Picture picture(520, 680);
    EditorView view;
    const EditorModel model = modelOf(connected(40));
    view.paint(picture.cairo, 520, 680, 1, model);
    const double freeze = findY(view, Action::toggleFreeze, 480);
    view.scroll(600);
    view.paint(picture.cairo, 520, 680, 1, model);
    CHECK(view.at(100, findY(view, Action::row, 100)).number > 5);
    CHECK(findY(view, Action::toggleFreeze, 480) == freeze);
    view.scroll(1e9);
    view.paint(picture.cairo, 520, 680, 1, model);
    CHECK(view.at(100, findY(view, Action::row, 100)).number < 40);
}

TEST(a_slot_offers_more_and_fewer_by_its_count) {
    Picture picture(520, 680);
    EditorView view;
    view.paint(picture.cairo, 520, 680, 1, modelOf(connected(6)));
    const Target fewer = view.at(465, findY(view, Action::fewer, 465));
    const Target more = view.at(490, findY(view, Action::more, 490));
    CHECK(fewer.text == "kick" && fewer.number == 2);
    CHECK(more.text == "kick" && more.number == 4);
}

TEST(a_state_is_told_in_words_with_what_to_do) {
    Snapshot snapshot;
    CHECK(stateLabel(snapshot) == "daemon not running");
    CHECK(messageOf(snapshot).sentence == "Start it in a terminal: timbred serve");
    snapshot.link = LinkState::connected;
    snapshot.state = "empty";
    CHECK(messageOf(snapshot).sentence.find("timbred catalog add") != std::string::npos);
    snapshot.detail = "The daemon knows better.";
    CHECK(messageOf(snapshot).sentence == snapshot.detail);
    snapshot.sounds = 12431;
    snapshot.model = "m";
    CHECK(catalogueLabel(snapshot) == "12,431 sounds  ·  m");
    CHECK(grouped(999) == "999" && grouped(1000000) == "1,000,000");
    CHECK(troubleLabel({}, 3).empty());
    snapshot.ringTrouble = "the disk is full";
    CHECK(stateLabel(snapshot) == "can't listen" && messageOf(snapshot).sentence == "the disk is full");
    CHECK(troubleLabel(snapshot, 3) == "the disk is full (3 blocks not heard)");
}

TEST(text_is_cut_between_characters_to_fit) {
    Picture picture(100, 100);
    Canvas canvas(picture.cairo);
    canvas.font(12);
    const std::string wide = "日本語の音の名前はとても長いです";
    for (double room = 1; room < 200; room += 7)
        CHECK(canvas.text(wide, 0, 0, room, 0) <= room || room < canvas.width("…"));
    CHECK(cairo_status(picture.cairo) == CAIRO_STATUS_SUCCESS);
}

TEST(text_is_broken_into_lines_that_lose_nothing) {
    Picture picture(100, 100);
    Canvas canvas(picture.cairo);
    canvas.font(12);
    const std::string text = "the ring /run/user/1000/timbred/0123456789abcdef-1.ring can't be made: größer";
    for (double room = 1; room < 500; room += 7) {
        std::string joined;
        for (const std::string& line : canvas.lines(text, room, 1000)) {
            CHECK(canvas.width(line) <= room || room < canvas.width("m"));
            joined += line;
        }
        const auto spaceless = [](std::string words) {
            words.erase(std::remove(words.begin(), words.end(), ' '), words.end());
            return words;
        };
        CHECK(spaceless(joined) == spaceless(text));
        CHECK(canvas.lines(text, room, 2).size() <= 2);
    }
    CHECK(canvas.lines("", 10, 3).size() == 1 && canvas.lines("a b", 0, 1).size() == 1);
}

TEST(a_long_sentence_can_be_read_to_its_end_with_a_list_and_without) {
    const std::string begin = "the catalogue's timbre vectors were made by timbred-timbre-atto-2024, not by "
                              "timbred-timbre-atto-2025: run 'timbred catalog ";
    for (const bool listed : {false, true})
        for (const double height : {360.0, 680.0}) {
            std::string pictures[2];
            for (const bool other : {false, true}) {
                const auto snapshot = connected(6);
                snapshot->state = "unavailable";
                snapshot->detail = begin + (other ? "rebuild'" : "remedy'");
                if (!listed)
                    snapshot->list = std::make_shared<SuggestionList>();
                Picture picture(460, 680);
                EditorView().paint(picture.cairo, 460, height, 1, modelOf(snapshot));
                pictures[other] = lines(picture, 0, static_cast<int>(height));
            }
            CHECK(pictures[0] != pictures[1]);
        }
}

TEST(what_is_typed_last_is_seen_however_long_the_words_are) {
    std::string pictures[2];
    for (const bool other : {false, true}) {
        EditorModel model = modelOf(connected(6));
        model.words = std::string(190, 'w') + (other ? " tape" : " dust");
        model.wordsFocused = true;
        Picture picture(520, 680);
        EditorView().paint(picture.cairo, 520, 680, 1, model);
        pictures[other] = lines(picture, 0, 680);
    }
    CHECK(pictures[0] != pictures[1]);
}

TEST(a_wheel_turned_before_there_is_a_list_leaves_the_list_at_its_top) {
    const auto empty = connected(0);
    empty->list = std::make_shared<SuggestionList>();
    Picture picture(520, 680);
    EditorView view;
    for (int turn = 0; turn < 20; ++turn) {
        view.scroll(460);
        view.paint(picture.cairo, 520, 680, 1, modelOf(empty));
    }
    view.paint(picture.cairo, 520, 680, 1, modelOf(connected(40)));
    CHECK(view.at(100, findY(view, Action::row, 100)).number == 0);
}

TEST(a_row_shows_whether_it_is_awaited_or_heard_and_the_footer_ends_it) {
    std::string pictures[3];
    for (int state = 0; state < 3; ++state) {
        const auto snapshot = connected(6);
        if (state > 0)
            snapshot->auditioned = snapshot->list->rows[1].sound;
        snapshot->auditionIsDue = state == 1;
        Picture picture(520, 680);
        EditorView view;
        view.paint(picture.cairo, 520, 680, 1, modelOf(snapshot));
        const double row = findY(view, Action::row, 100);
        pictures[state] = lines(picture, static_cast<int>(row), 640);
        CHECK(view.at(100, 670).action == (state > 0 ? Action::endAudition : Action::none));
    }
    CHECK(pictures[0] != pictures[1] && pictures[1] != pictures[2] && pictures[0] != pictures[2]);
}

TEST(why_a_sound_cannot_be_heard_stands_below_what_is_wrong_with_the_daemon) {
    Snapshot snapshot;
    snapshot.auditionTrouble = "a.wav is gone";
    CHECK(troubleLabel(snapshot, 0) == "a.wav is gone");
    snapshot.trouble = "too many words";
    CHECK(troubleLabel(snapshot, 0) == "too many words");
}

TEST(a_files_address_is_percent_encoded) {
    CHECK(fileUri("/a b/ü#.wav") == "file:///a%20b/%C3%BC%23.wav");
    CHECK(fileUri("/x-y_z.~") == "file:///x-y_z.~");
}

TEST(an_address_of_a_file_is_left_as_it_is) {
    CHECK(fileUri("file:///a/Caf%E9.wav") == "file:///a/Caf%E9.wav");
    CHECK(fileUri("/file:///x") == "file:///file%3A///x");
}

TEST(the_last_rejection_is_taken_back_first) {
    Choices choices;
    CHECK(rejectedLabel(choices).empty() && rejectedLast(choices).empty());
    for (const char* sound : {"a", "b", "c"})
        choices.judge(sound, "reject");
    choices.judge("d", "pin");
    choices.judge("a", "reject");
    CHECK(rejectedLabel(choices) == "3 rejected, undo");
    for (const char* sound : {"a", "c", "b"}) {
        CHECK(rejectedLast(choices) == sound);
        choices.judge(rejectedLast(choices), "");
    }
    CHECK(rejectedLabel(choices).empty() && choices.verdict("d") == "pin");
}

TEST(rejections_are_taken_back_by_a_chip_that_is_there_while_there_are_some) {
    for (const double width : {460.0, 520.0, 1000.0}) {
        Picture picture(1000, 680);
        EditorView view;
        EditorModel model = modelOf(connected(6));
        view.paint(picture.cairo, width, 680, 1, model);
        CHECK(rightmost(view, Action::unreject, width) < 0);
        for (int i = 0; i < 1000; ++i)
            model.settings.choices.judge(std::to_string(i), "reject");
        view.paint(picture.cairo, width, 680, 1, model);
        const double right = rightmost(view, Action::unreject, width);
        CHECK(right > 0 && right < width - 14);
        CHECK(rightmost(view, Action::toggleSlot, width) > 0 && rightmost(view, Action::row, width) > 0);
    }
}

TEST(a_list_of_another_mode_is_told_to_be_one) {
    Snapshot snapshot = *connected(6);
    snapshot.state = "waiting";
    CHECK(oldListLabel(snapshot, "match").empty());
    CHECK(oldListLabel(snapshot, "fit") == "Still the Match list; Fit follows with the music.");
    snapshot.state = "frozen";
    CHECK(oldListLabel(snapshot, "fit") == "Still the Match list, frozen; Fit follows when it is let go.");
    snapshot.state = "unavailable";
    CHECK(oldListLabel(snapshot, "fit") == "Still the Match list; Fit is not available.");
    CHECK(oldListLabel(snapshot, "match") == "The last Match list: no newer one can be made.");
    snapshot.link = LinkState::gone;
    snapshot.state = "";
    CHECK(oldListLabel(snapshot, "match").empty());
    CHECK(oldListLabel(snapshot, "fit") == "Still the Match list; Fit follows with the daemon.");
}

TEST(a_list_that_is_not_what_the_mode_asks_for_is_dimmed_above_a_line_that_says_so) {
    Picture picture(520, 680);
    EditorView view;
    EditorModel model = modelOf(connected(40));
    view.paint(picture.cairo, 520, 680, 1, model);
    const double first = findY(view, Action::row, 100);
    const int bright = brightest(picture, 400, 640);
    model.settings.mode = "fit";
    view.paint(picture.cairo, 520, 680, 1, model);
    CHECK(findY(view, Action::row, 100) == first);
    CHECK(brightest(picture, 400, 628) < bright / 2 && brightest(picture, 632, 652) > 2 * bright / 3);
    CHECK(view.at(100, 640).action == Action::none);
}

TEST(a_row_without_a_file_is_not_offered_for_dragging) {
    std::string footers[3];
    for (const int row : {0, 1, 2}) {
        const auto snapshot = connected(6);
        auto list = *snapshot->list;
        list.rows[1].path = "/another.wav";
        list.rows[2].path = "";
        snapshot->list = std::make_shared<SuggestionList>(list);
        Picture picture(520, 680);
        EditorView view;
        view.paint(picture.cairo, 520, 680, 1, modelOf(snapshot));
        double y = findY(view, Action::row, 100);
        while (view.at(100, y).number != row)
            y += 2;
        view.hover(100, y);
        view.paint(picture.cairo, 520, 680, 1, modelOf(snapshot));
        footers[row] = lines(picture, 656, 680);
    }
    CHECK(footers[0] == footers[1] && footers[0] != footers[2]);
}

TEST(where_a_mode_is_unavailable_the_reason_stands_while_the_pointer_is_on_it) {
    std::string footers[2];
    for (const int hovers : {0, 1}) {
        const auto snapshot = connected(6);
        snapshot->state = "unavailable";
        snapshot->detail = "no fit.context model is installed";
        Picture picture(520, 680);
        EditorView view;
        view.paint(picture.cairo, 520, 680, 1, modelOf(snapshot));
        if (hovers)
            CHECK(view.hover(100, findY(view, Action::setMode, 100)));
        view.paint(picture.cairo, 520, 680, 1, modelOf(snapshot));
        footers[hovers] = lines(picture, 656, 680);
    }
    CHECK(footers[0] == footers[1]);
}

TEST(a_pointer_that_leaves_lights_nothing_up) {
    Picture picture(520, 680);
    EditorView view;
    view.paint(picture.cairo, 520, 680, 1, modelOf(connected(6)));
    CHECK(view.hover(480, findY(view, Action::toggleFreeze, 480)) && view.hovers());
    CHECK(view.leave() && !view.hovers() && !view.leave());
}
