// Takes the keyboard for an editor inside a host's window and gives it back; prints who has it after each
// step.
#include "../../plugin_bridge/plugin/editor/keyboard_focus.hpp"

#include <cstdio>
#include <memory>

namespace {

Display* display;

Window shown(Window parent) {
    XSetWindowAttributes attributes{};
    attributes.override_redirect = True;
    const Window window = XCreateWindow(display, parent, 0, 0, 50, 50, 0, CopyFromParent, InputOutput,
                                        nullptr, CWOverrideRedirect, &attributes);
    XMapRaised(display, window);
    XSync(display, False);
    return window;
}

void focus(Window window) {
    XSetInputFocus(display, window, RevertToNone, CurrentTime);
    XSync(display, False);
}

} // namespace

int main() {
    display = XOpenDisplay(nullptr);
    if (!display)
        return 2;
    const Window host = shown(DefaultRootWindow(display));
    const Window other = shown(DefaultRootWindow(display));
    const Window editor = shown(host);
    const auto tell = [&](const char* step) {
        Window window;
        int revertTo;
        XGetInputFocus(display, &window, &revertTo);
        std::printf("%s: %s\n", step,
                    window == host     ? "host"
                    : window == editor ? "editor"
                    : window == other  ? "other"
                                       : "nobody");
    };
    auto keyboard = std::make_unique<timbred::KeyboardFocus>();
    const auto take = [&] {
        keyboard->remember(editor);
        focus(editor);
    };
    focus(host);
    keyboard->giveBack();
    tell("given back untaken");
    take();
    take();
    keyboard->giveBack();
    tell("taken twice and given back");
    take();
    focus(other);
    keyboard->giveBack();
    tell("gone to another meanwhile");
    take();
    XUnmapWindow(display, other);
    XSync(display, False);
    keyboard->giveBack();
    tell("its window is out of sight");
    focus(host);
    take();
    keyboard.reset();
    tell("the editor is closed");
}
