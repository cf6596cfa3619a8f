// All that the user sets, as the threads share it: parameters as atomics, the rest under a mutex.
#pragma once

#include "choices.hpp"
#include "parameters.hpp"

#include <array>
#include <atomic>
#include <mutex>

namespace timbred {

// A copy of everything at one time, in the daemon's words.
struct SettingsValues {
    std::string mode;
    ContextChoice context;
    bool frozen;
    Choices choices;
};

class Settings {
  public:
    Settings();

    // [any-thread] Values outside the row's range count as the nearest inside.
    void setParameter(uint32_t id, float value) noexcept;
    float parameter(uint32_t id) const noexcept;

    // [main-thread, ui-thread, link-thread]
    Choices choices() const;
    void setChoices(const Choices& choices);
    bool hold(const Choices& choices) const; // whether these are the ones
    SettingsValues values() const;

  private:
    std::array<std::atomic<float>, kParameterCount> parameters_;
    mutable std::mutex mutex_; // guards choices_; the audio thread never takes it
    Choices choices_;
};

static_assert(std::atomic<float>::is_always_lock_free);

} // namespace timbred
