#include "file_drag.hpp"

#include "x_errors.hpp"

#include <X11/Xatom.h>
#include <X11/keysym.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace timbred {

namespace {

constexpr long kVersion = 5;
constexpr std::chrono::milliseconds kAnswerStep{4};
constexpr int kAnswerSteps = 50; // how long a target may take to answer after the button's release
constexpr std::chrono::seconds kDropPatience{5};

} // namespace

class FileDrag::Session {
  public:
    explicit Session(Display* display)
        : display_(display),
          source_(XCreateSimpleWindow(display, DefaultRootWindow(display), -10, -10, 1, 1, 0, 0, 0)) {}
    ~Session() { XCloseDisplay(display_); }

    bool begin(const std::string& path) {
        if (active || (dropping_ && std::chrono::steady_clock::now() < dropEnd_))
            return false;
        uri_ = fileUri(path) + "\r\n";
        XSetSelectionOwner(display_, atom("XdndSelection"), source_, CurrentTime);
        XFlush(display_);
        target_ = 0;
        accepted_ = waiting_ = dropping_ = false;
        active = true;
        return true;
    }

    void move() {
        idle();
        if (!active)
            return;
        const QuietX quiet;
        int x = 0, y = 0;
        const ::Window under = windowUnderPointer(x, y);
        if (under != target_)
            enter(under);
        if (target_ && !waiting_) { // one position at a time, as the protocol asks
            send("XdndPosition", 0, static_cast<long>(x) << 16 | y, CurrentTime,
                 static_cast<long>(atom("XdndActionCopy")));
            waiting_ = true;
        }
        XSync(display_, False);
    }

    void drop() {
        awaitAnswer();
        move(); // says the last place, if the target was still busy with the one before
        awaitAnswer();
        const QuietX quiet;
        if (target_ && accepted_)
            send("XdndDrop", 0, CurrentTime, 0, 0);
        else if (target_)
            send("XdndLeave", 0, 0, 0, 0);
        dropping_ = target_ && accepted_;
        dropEnd_ = std::chrono::steady_clock::now() + kDropPatience;
        active = false;
        XSync(display_, False);
    }

    void idle() {
        while (XPending(display_)) {
            XEvent event;
            XNextEvent(display_, &event);
            if (event.type == ClientMessage)
                hear(event.xclient);
            else if (event.type == SelectionRequest)
                give(event.xselectionrequest);
        }
        if (active && escapePressed())
            cancel();
    }

    bool active = false;

  private:
    Atom atom(const char* name) { return XInternAtom(display_, name, False); }

    void awaitAnswer() {
        for (int i = 0; i < kAnswerSteps && target_ && waiting_; ++i) {
            std::this_thread::sleep_for(kAnswerStep);
            idle();
        }
    }

    // Asked of the keyboard: a key's event goes to the window that has the focus, rarely to the editor.
    bool escapePressed() {
        char keys[32] = {};
        XQueryKeymap(display_, keys);
        const KeyCode escape = XKeysymToKeycode(display_, XK_Escape);
        return (keys[escape >> 3] >> (escape & 7) & 1) != 0;
    }

    void cancel() {
        const QuietX quiet;
        if (target_)
            send("XdndLeave", 0, 0, 0, 0);
        target_ = 0;
        active = false;
        XSync(display_, False);
    }

    void hear(const XClientMessageEvent& message) {
        if (message.data.l[0] != static_cast<long>(target_))
            return; // a window that was left
        if (message.message_type == atom("XdndStatus")) {
            accepted_ = (message.data.l[1] & 1) != 0;
            waiting_ = false;
        } else if (message.message_type == atom("XdndFinished")) {
            dropping_ = false;
        }
    }

    // The outermost window under the pointer that takes drops, or 0; and where the pointer is.
    ::Window windowUnderPointer(int& x, int& y) {
        ::Window window = DefaultRootWindow(display_), root, child = 0;
        int inX, inY;
        unsigned mask;
        while (XQueryPointer(display_, window, &root, &child, &x, &y, &inX, &inY, &mask)) {
            if (window != root && takesDrops(window))
                return window;
            if (!child)
                return 0;
            window = child;
        }
        return 0;
    }

    bool takesDrops(::Window window) {
        Atom type;
        int format;
        unsigned long count = 0, left;
        unsigned char* value = nullptr;
        if (XGetWindowProperty(display_, window, atom("XdndAware"), 0, 1, False, XA_ATOM, &type, &format,
                               &count, &left, &value) != Success ||
            !value)
            return false;
        if (count > 0 && format == 32)
            targetVersion_ = std::min(kVersion, static_cast<long>(*reinterpret_cast<Atom*>(value)));
        XFree(value);
        return count > 0 && format == 32;
    }

    void enter(::Window window) {
        if (target_)
            send("XdndLeave", 0, 0, 0, 0);
        target_ = window;
        accepted_ = waiting_ = false;
        if (target_)
            send("XdndEnter", targetVersion_ << 24, static_cast<long>(atom("text/uri-list")),
                 static_cast<long>(atom("text/plain")), 0);
    }

    void send(const char* type, long a, long b, long c, long d) {
        XEvent event{};
        event.xclient.type = ClientMessage;
        event.xclient.display = display_;
        event.xclient.window = target_;
        event.xclient.message_type = atom(type);
        event.xclient.format = 32;
        const long data[] = {static_cast<long>(source_), a, b, c, d};
        std::copy(std::begin(data), std::end(data), event.xclient.data.l);
        XSendEvent(display_, target_, False, NoEventMask, &event);
    }

    // Answers a request for the selection: its types, or the file's address.
    void give(const XSelectionRequestEvent& request) {
        const QuietX quiet;
        XEvent answer{};
        answer.xselection.type = SelectionNotify;
        answer.xselection.requestor = request.requestor;
        answer.xselection.selection = request.selection;
        answer.xselection.target = request.target;
        answer.xselection.time = request.time;
        answer.xselection.property = request.property;
        const Atom types[] = {atom("TARGETS"), atom("text/uri-list"), atom("text/plain")};
        if (request.target == types[0])
            XChangeProperty(display_, request.requestor, request.property, XA_ATOM, 32, PropModeReplace,
                            reinterpret_cast<const unsigned char*>(types), 3);
        else if (request.target == types[1] || request.target == types[2])
            XChangeProperty(display_, request.requestor, request.property, request.target, 8, PropModeReplace,
                            reinterpret_cast<const unsigned char*>(uri_.data()),
                            static_cast<int>(uri_.size()));
        else
            answer.xselection.property = None;
        XSendEvent(display_, request.requestor, False, NoEventMask, &answer);
        XSync(display_, False);
    }

    Display* display_;
    ::Window source_;
    ::Window target_ = 0;
    long targetVersion_ = kVersion;
    std::string uri_;
    bool accepted_ = false; // the target takes the file
    bool waiting_ = false;  // for the target's answer to a position
    bool dropping_ = false; // until the target has fetched the file's address
    std::chrono::steady_clock::time_point dropEnd_{};
};

FileDrag::FileDrag() = default;
FileDrag::~FileDrag() = default;

bool FileDrag::begin(const std::string& path) {
    if (!session_) {
        Display* display = XOpenDisplay(nullptr);
        if (!display)
            return false;
        session_ = std::make_unique<Session>(display);
    }
    return session_->begin(path);
}

bool FileDrag::active() const { return session_ && session_->active; }

void FileDrag::move() {
    if (active())
        session_->move();
}

void FileDrag::drop() {
    if (active())
        session_->drop();
}

void FileDrag::idle() {
    if (session_)
        session_->idle();
}

} // namespace timbred
