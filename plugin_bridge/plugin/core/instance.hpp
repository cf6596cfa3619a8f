// One plugin instance without its format: settings, recorder and link, in the order of their lives.
#pragma once

#include "link.hpp"
#include "runtime_folder.hpp"

namespace timbred {

class Instance {
  public:
    Instance()
        : session_(randomSessionId()), folder_(runtimeFolderPath()), recorder_(session_, folder_),
          link_(session_, folder_, recorder_, settings_) {}

    // [main-thread] Before audio runs. [audio-thread] At the same sample rate again.
    void activate(uint32_t sampleRate) {
        recorder_.prepare(sampleRate);
        link_.start();
    }

    // [audio-thread] Nothing else happens on this thread.
    void record(const float* const* audio, uint32_t frames, const Transport& transport) noexcept {
        recorder_.record(audio, frames, transport);
    }

    // [main-thread, ui-thread]
    void setChoices(const Choices& choices) {
        settings_.setChoices(choices);
        link_.wake();
    }

    Settings& settings() noexcept { return settings_; }
    const Recorder& recorder() const noexcept { return recorder_; }
    const Link& link() const noexcept { return link_; }

  private:
    const SessionId session_;
    const std::string folder_;
    Settings settings_;
    Recorder recorder_;
    Link link_; // goes first: it says bye before the ring goes
};

} // namespace timbred
