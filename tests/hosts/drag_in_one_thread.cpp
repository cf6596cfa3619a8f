// A drag whose target is served by the thread that drags, as in a host that runs the editor on its own.
//
// Prints for each manner of letting go, one a line: its name, the milliseconds that drop() took, and what the
// target was told, the place of each position with it.
#include "../../plugin_bridge/plugin/editor/file_drag.hpp"

#include <X11/Xatom.h>
#include <X11/Xlib.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

enum class Manner { accepts, refuses, sleeps };

Display* display;
Window window;
Manner manner;
std::string told;

Atom atom(const char* name) { return XInternAtom(display, name, False); }

void answer(Window source) {
    XEvent event{};
    event.xclient.type = ClientMessage;
    event.xclient.window = source;
    event.xclient.message_type = atom("XdndStatus");
    event.xclient.format = 32;
    event.xclient.data.l[0] = static_cast<long>(window);
    event.xclient.data.l[1] = manner == Manner::accepts;
    XSendEvent(display, source, False, NoEventMask, &event);
    XFlush(display);
}

void hear(const XClientMessageEvent& message) {
    if (message.message_type == atom("XdndEnter"))
        told += " enter";
    if (message.message_type == atom("XdndLeave"))
        told += " leave";
    if (message.message_type == atom("XdndDrop"))
        told += " drop";
    if (message.message_type != atom("XdndPosition"))
        return;
    const long place = message.data.l[2];
    told += " " + std::to_string(place >> 16) + "," + std::to_string(place & 0xffff);
    if (manner != Manner::sleeps)
        answer(static_cast<Window>(message.data.l[0]));
}

// The host's turn: what is waiting for its window.
void turn() {
    XSync(display, False);
    while (XPending(display)) {
        XEvent event;
        XNextEvent(display, &event);
        if (event.type == ClientMessage)
            hear(event.xclient);
    }
}

void point(int x, int y) {
    XWarpPointer(display, None, DefaultRootWindow(display), 0, 0, 0, 0, x, y);
    XSync(display, False);
}

bool ended() {
    const std::string last = told.substr(told.rfind(' ') + 1);
    return last == "drop" || last == "leave";
}

void liveToItsEnd(timbred::FileDrag& drag) {
    for (const auto end = Clock::now() + std::chrono::seconds(10); !ended() && Clock::now() < end;) {
        turn();
        drag.idle();
        std::this_thread::sleep_for(milliseconds(5));
    }
}

long letGo(timbred::FileDrag& drag) {
    const auto begun = Clock::now();
    drag.drop();
    return static_cast<long>(std::chrono::duration_cast<milliseconds>(Clock::now() - begun).count());
}

template <typename Body> void tell(const char* name, Manner how, Body body) {
    manner = how;
    told.clear();
    point(10, 10);
    const long took = body();
    turn();
    std::printf("%s %ld%s\n", name, took, told.c_str());
    std::fflush(stdout);
}

long flick(timbred::FileDrag& drag) {
    drag.begin("/tmp/a.wav");
    point(310, 320);
    return letGo(drag);
}

} // namespace

int main() {
    display = XOpenDisplay(nullptr);
    if (!display)
        return 2;
    XSetErrorHandler([](Display*, XErrorEvent*) { return 0; }); // a source may be gone before its answer
    XSetWindowAttributes attributes{};
    attributes.override_redirect = True;
    window = XCreateWindow(display, DefaultRootWindow(display), 300, 300, 200, 200, 0, CopyFromParent,
                           InputOutput, nullptr, CWOverrideRedirect, &attributes);
    const Atom version = 5;
    XChangeProperty(display, window, atom("XdndAware"), XA_ATOM, 32, PropModeReplace,
                    reinterpret_cast<const unsigned char*>(&version), 1);
    XMapRaised(display, window);
    XSync(display, False);

    const auto flicked = [] {
        timbred::FileDrag drag;
        const long took = flick(drag);
        liveToItsEnd(drag);
        return took;
    };
    tell("flick", Manner::accepts, flicked);
    tell("refused", Manner::refuses, flicked);
    tell("unanswered", Manner::sleeps, flicked);
    tell("owed", Manner::accepts, [] {
        timbred::FileDrag drag;
        drag.begin("/tmp/a.wav");
        point(310, 320);
        drag.move();
        point(350, 360);
        const long took = letGo(drag);
        point(400, 410);
        drag.move();
        liveToItsEnd(drag);
        return took;
    });
    tell("again", Manner::accepts, [] {
        timbred::FileDrag drag;
        flick(drag);
        point(10, 10);
        const long took = flick(drag);
        liveToItsEnd(drag);
        return took;
    });
    tell("closed", Manner::accepts, [] {
        timbred::FileDrag drag;
        return flick(drag);
    });
}
