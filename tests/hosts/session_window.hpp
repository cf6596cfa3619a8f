// What the session hosts share: the window that an editor lies in, and the end of their input.
#pragma once

#include <X11/Xlib.h>

#include <cstdio>
#include <cstdlib>

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

// Waits a tick; says whether standard input has ended.
inline bool inputEnds() {
    pollfd input{0, POLLIN, 0};
    return poll(&input, 1, 10) > 0;
}
