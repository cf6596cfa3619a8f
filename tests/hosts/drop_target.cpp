// A window that files can be dropped on: XDND version 5, accepting or refusing.
//
//   drop_target X Y (accept|refuse)
//
// Prints "ready", then what it is told, one word a line (enter, leave, drop), and after a drop the address.
#include <X11/Xatom.h>
#include <X11/Xlib.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kSize = 120;
Display* display;
Window window;
Window source = 0;
bool entered = false;

Atom atom(const char* name) { return XInternAtom(display, name, False); }

void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

void answer(const char* type, long flags, const char* action) {
    XEvent event{};
    event.xclient.type = ClientMessage;
    event.xclient.display = display;
    event.xclient.window = source;
    event.xclient.message_type = atom(type);
    event.xclient.format = 32;
    event.xclient.data.l[0] = static_cast<long>(window);
    event.xclient.data.l[1] = flags;
    const bool finished = event.xclient.message_type == atom("XdndFinished");
    event.xclient.data.l[finished ? 2 : 4] = action ? static_cast<long>(atom(action)) : 0;
    XSendEvent(display, source, False, NoEventMask, &event);
    XFlush(display);
}

void hear(const XClientMessageEvent& message, bool accepts) {
    source = static_cast<Window>(message.data.l[0]);
    if (message.message_type == atom("XdndEnter")) {
        entered = true;
        say("enter");
    } else if (message.message_type == atom("XdndPosition") && entered) {
        answer("XdndStatus", accepts ? 1 : 0, accepts ? "XdndActionCopy" : nullptr);
    } else if (message.message_type == atom("XdndLeave")) {
        entered = false;
        say("leave");
    } else if (message.message_type == atom("XdndDrop")) {
        say("drop");
        XConvertSelection(display, atom("XdndSelection"), atom("text/uri-list"), atom("dropped"), window,
                          static_cast<Time>(message.data.l[2]));
    }
}

void take(const XSelectionEvent& notified) {
    Atom type;
    int format;
    unsigned long count = 0, left;
    unsigned char* bytes = nullptr;
    if (notified.property != None)
        XGetWindowProperty(display, window, notified.property, 0, 4096, True, AnyPropertyType, &type, &format,
                           &count, &left, &bytes);
    const std::string text(reinterpret_cast<char*>(bytes), bytes ? count : 0);
    say(text.substr(0, text.find("\r\n")));
    XFree(bytes);
    answer("XdndFinished", 1, "XdndActionCopy");
}

} // namespace

int main(int count, char** words) {
    display = XOpenDisplay(nullptr);
    if (count != 4 || !display)
        return 2;
    XSetWindowAttributes attributes{};
    attributes.override_redirect = True;
    attributes.background_pixel = 0x406080;
    window = XCreateWindow(display, DefaultRootWindow(display), std::atoi(words[1]), std::atoi(words[2]),
                           kSize, kSize, 0, CopyFromParent, InputOutput, nullptr,
                           CWOverrideRedirect | CWBackPixel, &attributes);
    const Atom version = 5;
    XChangeProperty(display, window, atom("XdndAware"), XA_ATOM, 32, PropModeReplace,
                    reinterpret_cast<const unsigned char*>(&version), 1);
    XMapRaised(display, window);
    XSync(display, False);
    say("ready");
    for (XEvent event;;) {
        XNextEvent(display, &event);
        if (event.type == ClientMessage)
            hear(event.xclient, std::string(words[3]) == "accept");
        else if (event.type == SelectionNotify)
            take(event.xselection);
    }
}
