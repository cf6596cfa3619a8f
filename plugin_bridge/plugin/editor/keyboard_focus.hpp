// The keyboard while words are typed: taken from the host's window, and given back to it.
#pragma once

#include "x_errors.hpp"

#include <cstdint>

namespace timbred {

// All functions: [ui-thread].
class KeyboardFocus {
  public:
    KeyboardFocus() = default;
    ~KeyboardFocus() {
        giveBack();
        if (display_)
            XCloseDisplay(display_);
    }

    KeyboardFocus(const KeyboardFocus&) = delete;
    KeyboardFocus& operator=(const KeyboardFocus&) = delete;

    // The editor's window is about to take it: remembers who has it now.
    void remember(uintptr_t window) {
        if (!display_)
            display_ = XOpenDisplay(nullptr);
        if (!display_ || holder() == window)
            return;
        editor_ = window;
        before_ = holder();
        taken_ = true;
    }

    // To the window that had it, unless the user has given it to another meanwhile.
    void giveBack() {
        if (!taken_)
            return;
        taken_ = false;
        const QuietX quiet; // the window may be gone, or out of sight
        if (holder() == editor_)
            XSetInputFocus(display_, before_, RevertToParent, CurrentTime);
        XSync(display_, False);
    }

  private:
    ::Window holder() const {
        ::Window window = 0;
        int revertTo = 0;
        XGetInputFocus(display_, &window, &revertTo);
        return window;
    }

    Display* display_ = nullptr; // opened when words are first typed
    ::Window editor_ = 0;
    ::Window before_ = 0;
    bool taken_ = false;
};

} // namespace timbred
