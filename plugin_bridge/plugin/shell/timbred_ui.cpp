// The editor as DPF sees it: a window's events handed to timbred::EditorView, clicks made settings.
#include "../editor/editor_view.hpp"
#include "../editor/file_drag.hpp"
#include "../editor/keyboard_focus.hpp"
#include "../editor/pointer.hpp"
#include "../editor/rejections.hpp"
#include "Cairo.hpp"
#include "DistrhoUI.hpp"
#include "timbred_plugin.hpp"

#include <algorithm>
#include <cmath>

START_NAMESPACE_DISTRHO

using timbred::Action;
using timbred::Target;

// All functions: [ui-thread].
class TimbredUI : public UI {
  public:
    TimbredUI() : UI(DISTRHO_UI_DEFAULT_WIDTH, DISTRHO_UI_DEFAULT_HEIGHT) {
        // Host and editor live in one process: the editor reads the instance's snapshots directly.
        if (auto* plugin = static_cast<TimbredPlugin*>(getPluginInstancePointer()))
            sharedInstance_ = plugin->instance();
        instance_ = sharedInstance_.lock().get();
        const double scale = wantedScale();
        setGeometryConstraints(static_cast<uint>(timbred::EditorView::kMinWidth * scale),
                               static_cast<uint>(timbred::EditorView::kMinHeight * scale));
        if (scale != 1.0)
            setSize(static_cast<uint>(DISTRHO_UI_DEFAULT_WIDTH * scale),
                    static_cast<uint>(DISTRHO_UI_DEFAULT_HEIGHT * scale));
        if (instance_)
            model_.words = instance_->settings().choices().words;
        else
            model_.snapshot = apartFromPlugin();
    }

    // A closed editor can't end what it began. Some hosts end the plugin first.
    ~TimbredUI() override {
        if (const auto instance = sharedInstance_.lock())
            instance->audition("");
    }

  protected:
    void parameterChanged(uint32_t, float) override { repaint(); } // the instance has the value already
    void stateChanged(const char*, const char*) override { repaint(); }

    void uiIdle() override {
        drag_.idle();
        const bool left =
            view_.hovers() && !pointer_.isOver(getWindow().getNativeWindowHandle(), getWidth(), getHeight());
        const bool news = instance_ && (instance_->link().snapshot() != model_.snapshot ||
                                        !instance_->settings().hold(model_.settings.choices));
        if ((left && view_.leave()) || news)
            repaint(); // which takes the news: until then a click means what the picture shows
    }

    void onDisplay() override {
        refresh();
        const auto& context = static_cast<const DGL_NAMESPACE::CairoGraphicsContext&>(getGraphicsContext());
        const double scale = scaleFactor();
        view_.paint(context.handle, getWidth() / scale, getHeight() / scale, scale, model_);
    }

    bool onMouse(const MouseEvent& event) override {
        if (event.button != kMouseButtonLeft)
            return event.button == kMouseButtonRight && event.press && toggleVerdictAt(event);
        if (!event.press) {
            drag_.drop();
            if (!pressedSound_.empty())
                toggleAudition(pressedSound_);
            letGo();
            return true;
        }
        letGo(); // some hosts lose the release
        const Target pressed = targetAt(event.pos);
        if (const timbred::Suggestion* row = rowOf(pressed)) {
            pressedSound_ = row->sound;
            pressedFile_ = row->path;
        }
        pressX_ = event.pos.getX();
        pressY_ = event.pos.getY();
        focusWords(pressed.action == Action::editWords);
        act(pressed);
        repaint();
        return true;
    }

    bool onMotion(const MotionEvent& event) override {
        static constexpr double kDragAfterPixels = 8;
        const double moved = std::abs(event.pos.getX() - pressX_) + std::abs(event.pos.getY() - pressY_);
        if (drag_.active())
            drag_.move();
        else if (!pressedSound_.empty() && moved > kDragAfterPixels * scaleFactor())
            dragOut();
        else if (view_.hover(event.pos.getX() / scaleFactor(), event.pos.getY() / scaleFactor()))
            repaint();
        return true;
    }

    bool onScroll(const ScrollEvent& event) override {
        static constexpr double kPixelsPerLine = 46;
        view_.scroll(-event.delta.getY() * kPixelsPerLine);
        repaint();
        return true;
    }

    bool onKeyboard(const KeyboardEvent& event) override {
        if (!model_.wordsFocused || !event.press)
            return false;
        if (event.key == kKeyBackspace && !model_.words.empty())
            dropLastCharacter();
        else if (event.key == kKeyEscape || event.key == kReturn)
            focusWords(false);
        else
            return event.key != kTab; // what is typed is not the host's
        repaint();
        return true;
    }

    bool onCharacterInput(const CharacterInputEvent& event) override {
        if (!model_.wordsFocused)
            return false;
        const std::string typed = event.string;
        const bool printable = event.character >= 0x20 && event.character != 0x7f;
        if (printable && model_.words.size() + typed.size() <= timbred::Choices::kMaxTextBytes) {
            model_.words += typed;
            sayWords();
            repaint();
        }
        return true;
    }

  private:
    static constexpr uint kTab = '\t', kReturn = '\r';

    double wantedScale() const { return getScaleFactor() > 0 ? getScaleFactor() : 1.0; }

    // Device pixels of a logical one: less than wanted where the host gave too small a window.
    double scaleFactor() const {
        using View = timbred::EditorView;
        return std::min({wantedScale(), getWidth() / View::kMinWidth, getHeight() / View::kMinHeight});
    }

    Target targetAt(const DGL_NAMESPACE::Point<double>& place) const {
        return view_.at(place.getX() / scaleFactor(), place.getY() / scaleFactor());
    }

    static std::shared_ptr<const timbred::Snapshot> apartFromPlugin() {
        auto snapshot = std::make_shared<timbred::Snapshot>();
        snapshot->link = timbred::LinkState::refused;
        snapshot->trouble =
            "This host keeps the editor apart from the plugin: use the VST3 or the CLAP in it.";
        return snapshot;
    }

    void refresh() {
        if (!instance_)
            return;
        model_.snapshot = instance_->link().snapshot();
        model_.settings = instance_->settings().values();
        model_.unrecordedBlocks = instance_->recorder().unrecordedBlocks();
        if (!model_.wordsFocused)
            model_.words = model_.settings.choices.words;
    }

    void act(const Target& target) {
        timbred::Choices choices = model_.settings.choices;
        switch (target.action) {
        case Action::setMode:
            return setParameter(timbred::kParameterMode, target.number);
        case Action::setContext:
            return setParameter(timbred::kParameterContext, target.number);
        case Action::toggleFreeze:
            return setParameter(timbred::kParameterFreeze, model_.settings.frozen ? 0 : 1);
        case Action::clearWords:
            model_.words.clear();
            return sayWords();
        case Action::showAllSlots:
            choices.slots.clear();
            return choose(choices);
        case Action::toggleSlot:
            choices.toggleSlot(target.text, model_.slots);
            return choose(choices);
        case Action::unreject:
            choices.judge(timbred::rejectedLast(choices), "");
            return choose(choices);
        case Action::endAudition:
            return toggleAudition(model_.snapshot->auditioned);
        case Action::fewer:
        case Action::more:
            choices.counts[target.text] = target.number;
            return choose(choices);
        case Action::pin:
            return toggleVerdict(target.number, "pin");
        case Action::reject:
            return toggleVerdict(target.number, "reject");
        case Action::none:
        case Action::editWords:
        case Action::row:
            return;
        }
    }

    void setParameter(timbred::ParameterId id, int value) {
        editParameter(id, true);
        setParameterValue(id, static_cast<float>(value));
        editParameter(id, false);
        if (instance_)
            instance_->settings().setParameter(id, static_cast<float>(value));
    }

    void choose(const timbred::Choices& choices) {
        if (!instance_)
            return;
        instance_->setChoices(choices);
        model_.settings.choices = choices;
        setState(TimbredPlugin::kEditedKey, std::to_string(++edits_).c_str());
    }

    void sayWords() {
        timbred::Choices choices = model_.settings.choices;
        choices.words = model_.words;
        choose(choices);
    }

    void toggleVerdict(int index, const char* verdict) {
        const auto& rows = model_.snapshot->list->rows;
        if (index < 0 || static_cast<size_t>(index) >= rows.size())
            return;
        timbred::Choices choices = model_.settings.choices;
        const std::string& sound = rows[static_cast<size_t>(index)].sound;
        choices.judge(sound, choices.verdict(sound) == verdict ? "" : verdict);
        choose(choices);
    }

    // A right click on a row pins it, or lets it go again.
    bool toggleVerdictAt(const MouseEvent& event) {
        const Target target = targetAt(event.pos);
        if (target.action != Action::row)
            return false;
        toggleVerdict(target.number, "pin");
        repaint();
        return true;
    }

    // Null for all but a row.
    const timbred::Suggestion* rowOf(const Target& target) const {
        const auto& rows = model_.snapshot->list->rows;
        const auto index = static_cast<size_t>(target.number);
        return target.action == Action::row && index < rows.size() ? &rows[index] : nullptr;
    }

    void toggleAudition(const std::string& sound) {
        if (instance_)
            instance_->audition(model_.snapshot->auditioned == sound ? "" : sound);
    }

    void dragOut() {
        if (!pressedFile_.empty())
            drag_.begin(pressedFile_);
        letGo();
    }

    void letGo() {
        pressedSound_.clear();
        pressedFile_.clear();
    }

    void focusWords(bool focused) {
        model_.wordsFocused = focused;
        if (!focused)
            return keyboard_.giveBack();
        keyboard_.remember(getWindow().getNativeWindowHandle());
        getWindow().focus();
    }

    void dropLastCharacter() {
        while (!model_.words.empty() && (static_cast<uint8_t>(model_.words.back()) & 0xc0) == 0x80)
            model_.words.pop_back();
        if (!model_.words.empty())
            model_.words.pop_back();
        sayWords();
    }

    std::weak_ptr<timbred::Instance> sharedInstance_;
    timbred::Instance* instance_ = nullptr;
    timbred::EditorModel model_;
    timbred::EditorView view_;
    timbred::FileDrag drag_;
    timbred::Pointer pointer_;
    timbred::KeyboardFocus keyboard_;
    std::string pressedSound_; // of the row; the list may change before the button is let go
    std::string pressedFile_;
    double pressX_ = 0;
    double pressY_ = 0;
    int edits_ = 0;

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(TimbredUI)
};

UI* createUI() { return new TimbredUI(); }

END_NAMESPACE_DISTRHO
