// Plays one sound over the bus: handed over by the link thread, mixed in by the audio thread.
#pragma once

#include "clip.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace timbred {

// The audio thread follows `wanted_` and says in `playing_` which clip it holds, a hazard pointer (Michael
// 2004): the link thread frees all others. Neither waits for the other.
class Audition {
  public:
    static constexpr uint32_t kFadeFrames = 1024; // in which a sound that is stopped goes

    // [any-thread] Counts the resets: what was asked for before one is not heard after it.
    uint32_t epoch() const noexcept { return epoch_.load(); }

    // [link-thread] Plays a clip that was asked for in an epoch from its beginning, after what plays has
    // gone.
    void play(Clip clip, uint32_t epoch);

    // [link-thread] What plays goes.
    void stop() noexcept { wanted_.store(nullptr); }

    // [main-thread, audio-thread] What plays is gone; no block may be under way.
    void reset() noexcept;

    // [link-thread] Whether a clip is heard, or about to be. Frees what is over.
    bool isPlaying() noexcept;

    // [audio-thread] Adds what plays to a block; where nothing does, no sample is touched.
    void mix(float* const* outputs, uint32_t frames) noexcept;

  private:
    void freeUnused() noexcept;
    uint32_t fadeOut(float* const* outputs, uint32_t frames) noexcept;
    void follow() noexcept;
    static void add(float* const* outputs, uint32_t place, const float* frame, float gain) noexcept;

    struct Heard {
        Clip clip;
        uint32_t epoch;
    };

    std::atomic<uint32_t> epoch_{0};
    std::atomic<const Heard*> wanted_{nullptr};
    std::atomic<const Heard*> playing_{nullptr};
    std::atomic<const Heard*> ended_{nullptr}; // the clip that was last heard to its end

    // The audio thread's own.
    uint32_t position_ = 0;
    uint32_t fadeLeft_ = kFadeFrames;

    std::vector<std::unique_ptr<const Heard>> clips_; // the link thread's own: all that may be in use

    static_assert(std::atomic<const Heard*>::is_always_lock_free);
};

} // namespace timbred
