// One plugin instance without its format: settings, recorder, audition and link, in the order of their lives.
#pragma once

#include "link.hpp"
#include "runtime_folder.hpp"

namespace timbred {

class Instance {
  public:
    Instance()
        : session_(randomSessionId()), folder_(runtimeFolderPath()), recorder_(session_, folder_),
          link_(session_, folder_, recorder_, settings_, audition_) {}

    // [main-thread] Before audio runs. [audio-thread] At the same sample rate again.
    void activate(uint32_t sampleRate) {
        audition_.reset(); // hosts re-activate before an export, which must not hear it
        recorder_.prepare(sampleRate);
        link_.start();
    }

    // [audio-thread] The bus as it comes in.
    void record(const float* const* audio, uint32_t frames, const Transport& transport) noexcept {
        recorder_.record(audio, frames, transport);
    }

    // [audio-thread] After record(): adds what is auditioned to the bus as it goes out.
    void audition(float* const* outputs, uint32_t frames) noexcept { audition_.mix(outputs, frames); }

    // [ui-thread] Has a sound of the list heard over the bus; none where it is empty.
    void audition(const std::string& sound) { link_.audition(sound); }

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
    Audition audition_;
    Link link_; // goes first: it says bye before the ring goes
};

} // namespace timbred
