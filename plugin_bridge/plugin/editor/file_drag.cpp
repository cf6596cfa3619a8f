#include "file_drag.hpp"

#include "x_errors.hpp"

#include <X11/Xatom.h>
#include <X11/keysym.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace timbred {

namespace {

constexpr long kVersion = 5;
constexpr std::chrono::seconds kAnswerPatience{1}; // with a target, after the button's release
constexpr std::chrono::seconds kDropPatience{5};

using Clock = std::chrono::steady_clock;

} // namespace

class FileDrag::Session {
  public:
    explicit Session(Display* display)
        : display_(display),
          source_(XCreateSimpleWindow(display, DefaultRootWindow(display), -10, -10, 1, 1, 0, 0, 0)) {}
    ~Session() {
        takeBack();
        XCloseDisplay(display_);
    }

    bool begin(const std::string& path) {
        if (active || (dropping_ && Clock::now() < dropEnd_))
            return false;
        takeBack();
        uri_ = fileUri(path) + "\r\n";
        XSetSelectionOwner(display_, atom("XdndSelection"), source_, CurrentTime);
        XFlush(display_);
        accepted_ = waiting_ = owed_ = dropping_ = false;
        active = true;
        return true;
    }

    void move() {
        idle();
        if (!active)
            return;
        const QuietX quiet;
        const ::Window under = windowUnderPointer(x_, y_);
        if (under != target_)
            enter(under);
        owed_ = true;
        sayPlace();
    }

    void drop() {
        move(); // the place of the release
        released_ = active && target_;
        answerEnd_ = Clock::now() + kAnswerPatience;
        active = false;
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
        if ((active || released_) && escapePressed())
            takeBack();
        if (active || released_)
            sayPlace();
        if (released_ && (!waiting_ || Clock::now() > answerEnd_))
            finish();
    }

    bool active = false; // the button is held

  private:
    Atom atom(const char* name) { return XInternAtom(display_, name, False); }

    // One position at a time, as the protocol asks: the next waits for the answer to the one before.
    void sayPlace() {
        if (!target_ || waiting_ || !owed_)
            return;
        const QuietX quiet;
        send("XdndPosition", 0, static_cast<long>(x_) << 16 | y_, CurrentTime,
             static_cast<long>(atom("XdndActionCopy")));
        owed_ = false;
        waiting_ = true;
        XSync(display_, False);
    }

    void finish() {
        const QuietX quiet;
        if (accepted_)
            send("XdndDrop", 0, CurrentTime, 0, 0);
        else
            send("XdndLeave", 0, 0, 0, 0);
        dropping_ = accepted_;
        dropEnd_ = Clock::now() + kDropPatience;
        released_ = false;
        XSync(display_, False);
    }

    // Asked of the keyboard: a key's event goes to the window that has the focus, rarely to the editor.
    bool escapePressed() {
        char keys[32] = {};
        XQueryKeymap(display_, keys);
        const KeyCode escape = XKeysymToKeycode(display_, XK_Escape);
        return (keys[escape >> 3] >> (escape & 7) & 1) != 0;
    }

    // Ends a drag, or a release that the target has not answered yet.
    void takeBack() {
        const QuietX quiet;
        if (target_ && (active || released_))
            send("XdndLeave", 0, 0, 0, 0);
        target_ = 0;
        active = released_ = false;
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
    int x_ = 0, y_ = 0;     // where the pointer was last, or where the button was released
    bool accepted_ = false; // the target takes the file
    bool waiting_ = false;  // for the target's answer to a position
    bool owed_ = false;     // the target has not been told the last position
    bool released_ = false; // and the target's answer decides over the drop
    bool dropping_ = false; // until the target has fetched the file's address
    Clock::time_point answerEnd_{};
    Clock::time_point dropEnd_{};
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
