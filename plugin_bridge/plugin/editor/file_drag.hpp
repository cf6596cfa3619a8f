// Drags a file out of the editor into another window: an XDND version 5 source.
//
// It has an X connection of its own and takes no grab: the toolkit's button grab drives it, by move()
// and drop() from its events and idle() from its timer.
#pragma once

#include <memory>
#include <string>

namespace timbred {

class FileDrag {
  public:
    FileDrag();
    ~FileDrag();

    // [ui-thread] Offers a file, in place of one whose target has not answered yet; false where there is no
    // X display, or the last drop still goes on. The Escape key ends the drag.
    bool begin(const std::string& path);

    // [ui-thread] Whether a drag is under way, its button held.
    bool active() const;

    // [ui-thread] The pointer moved; whose window it is over is told.
    void move();

    // [ui-thread] The button was released; idle() drops the file once the target has said that it takes it.
    void drop();

    // [ui-thread] Hears and answers the target; to be called often while a drag or a drop is under way.
    void idle();

  private:
    class Session;                     // keeps Xlib's names out of this header
    std::unique_ptr<Session> session_; // null before the first drag
};

// [any-thread] file:// and the path, percent-encoded; an address that begins so already is left as it is.
std::string fileUri(const std::string& path);

} // namespace timbred
