// Where the pointer is, asked of the X server: the toolkit does not say when it leaves the window.
#pragma once

#include <cstdint>

struct _XDisplay;

namespace timbred {

// All functions: [ui-thread].
class Pointer {
  public:
    Pointer() = default;
    ~Pointer();

    Pointer(const Pointer&) = delete;
    Pointer& operator=(const Pointer&) = delete;

    // Whether it is over a window of this size in pixels; also true where that can't be known.
    bool isOver(uintptr_t window, unsigned width, unsigned height);

  private:
    _XDisplay* display_ = nullptr; // opened at the first question
};

} // namespace timbred
