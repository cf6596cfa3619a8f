// What the session hosts share: the window that an editor lies in, an ear, and the end of their input.
#pragma once

#include <X11/Xlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <poll.h>
#include <unistd.h>

[[noreturn]] inline void fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(2);
}

// A window named "session host".
class EditorWindow {
  public:
    EditorWindow() : display_(XOpenDisplay(nullptr)) {
        if (!display_)
            fail("no display");
        id_ = XCreateSimpleWindow(display_, DefaultRootWindow(display_), 0, 0, 64, 64, 0, 0, 0);
        XStoreName(display_, id_, "session host");
    }
    EditorWindow(const EditorWindow&) = delete;
    EditorWindow& operator=(const EditorWindow&) = delete;
    ~EditorWindow() {
        XDestroyWindow(display_, id_);
        XCloseDisplay(display_);
    }

    Window id() const { return id_; }

    // A window manager that is only just starting may miss what is asked of it once.
    void show(unsigned width, unsigned height) {
        XWindowAttributes attributes{};
        for (int tries = 0; attributes.map_state != IsViewable && tries < 100; ++tries) {
            XResizeWindow(display_, id_, width, height);
            XMapWindow(display_, id_);
            XSync(display_, False);
            usleep(100000);
            XGetWindowAttributes(display_, id_, &attributes);
        }
    }

  private:
    Display* display_;
    Window id_ = 0;
};

// Says "sound" with the first block of audio that is not silent, and "silence" with the first that is again.
class Ear {
  public:
    void hear(const float* samples, int frames) {
        const bool sounds = std::any_of(samples, samples + frames, [](float x) { return x != 0.f; });
        if (sounds != sounded_)
            std::cout << (sounds ? "sound" : "silence") << std::endl;
        sounded_ = sounds;
    }

  private:
    bool sounded_ = false;
};

// Waits a tick; says whether standard input has ended.
inline bool inputEnds() {
    pollfd input{0, POLLIN, 0};
    return poll(&input, 1, 10) > 0;
}
