#include "../editor/editor_view.hpp"
#include "../editor/file_drag.hpp"
#include "../editor/wording.hpp"
#include "check.hpp"

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

TEST(a_files_address_is_percent_encoded) {
    CHECK(fileUri("/a b/ü#.wav") == "file:///a%20b/%C3%BC%23.wav");
    CHECK(fileUri("/x-y_z.~") == "file:///x-y_z.~");
}

TEST(a_pointer_that_leaves_lights_nothing_up) {
    Picture picture(520, 680);
    EditorView view;
    view.paint(picture.cairo, 520, 680, 1, modelOf(connected(6)));
    CHECK(view.hover(480, findY(view, Action::toggleFreeze, 480)) && view.hovers());
    CHECK(view.leave() && !view.hovers() && !view.leave());
}
