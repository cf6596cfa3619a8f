// Keeps Xlib's default handler, which ends the process, from the host.
#pragma once

#include <X11/Xlib.h>

namespace timbred {

// While it lives, X errors are ignored: the window that is asked about may go at any moment.
class QuietX {
  public:
    QuietX() : before_(XSetErrorHandler([](Display*, XErrorEvent*) { return 0; })) {}
    ~QuietX() { XSetErrorHandler(before_); }

    QuietX(const QuietX&) = delete;
    QuietX& operator=(const QuietX&) = delete;

  private:
    XErrorHandler before_;
};

} // namespace timbred
