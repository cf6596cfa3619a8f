#include "pointer.hpp"

#include "x_errors.hpp"

namespace timbred {

Pointer::~Pointer() {
    if (display_)
        XCloseDisplay(display_);
}

bool Pointer::isOver(uintptr_t window, unsigned width, unsigned height) {
    if (!display_)
        display_ = XOpenDisplay(nullptr);
    if (!display_)
        return true;
    const QuietX quiet;
    ::Window root, child;
    int rootX, rootY, x = 0, y = 0;
    unsigned buttons;
    if (!XQueryPointer(display_, window, &root, &child, &rootX, &rootY, &x, &y, &buttons))
        return false; // on another screen
    return x >= 0 && y >= 0 && x < static_cast<int>(width) && y < static_cast<int>(height);
}

} // namespace timbred
