// An instrument with programs of every kind that a real one has: good ones, empty ones, copies, one that
// aborts.
#include <cmath>
#include <cstdlib>

#include "DistrhoPlugin.hpp"

START_NAMESPACE_DISTRHO

struct Program {
    const char* name;
    float level;
    int harmonics;
};

constexpr Program kPrograms[] = {{"Warm Pad", 0.3f, 2},  {"Deep/Bass", 0.3f, 9}, {"Empty", 0.3f, 1},
                                 {"Empty", 0.3f, 1},     {"Pad Again", 0.3f, 2}, {"Silent", 0.0f, 1},
                                 {"Mute", 0.0f, 1},      {"Broken", -1.0f, 1},   {"", 0.3f, 3},
                                 {"Glass Lead", 0.3f, 5}};
constexpr double kTwoPi = 6.283185307179586;

class TinySynth : public Plugin {
  public:
    TinySynth() : Plugin(0, sizeof(kPrograms) / sizeof(kPrograms[0]), 0) {}

  protected:
    const char* getLabel() const override { return "TinySynth"; }
    const char* getMaker() const override { return "timbred"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(0, 1, 0); }
    int64_t getUniqueId() const override { return d_cconst('t', 'n', 'y', 's'); }

    void initProgramName(uint32_t index, String& name) override { name = kPrograms[index].name; }

    void loadProgram(uint32_t index) override {
        if (kPrograms[index].level < 0)
            std::abort();
        program_ = kPrograms[index];
    }

    void run(const float**, float** outputs, uint32_t frames, const MidiEvent* events,
             uint32_t count) override {
        for (uint32_t frame = 0; frame < frames; ++frame) {
            for (; count > 0 && events->frame <= frame; ++events, --count)
                take(events->data);
            outputs[0][frame] = outputs[1][frame] = next();
        }
    }

  private:
    void take(const uint8_t* message) {
        const bool on = (message[0] & 0xF0) == 0x90 && message[2] > 0;
        step_ = on ? 440.0 * std::exp2((message[1] - 69) / 12.0) / getSampleRate() : 0.0;
        phase_ = 0.0;
    }

    float next() {
        if (step_ == 0.0)
            return 0.0f;
        phase_ += step_;
        double sum = 0.0;
        for (int harmonic = 1; harmonic <= program_.harmonics; ++harmonic)
            sum += std::sin(kTwoPi * harmonic * phase_) / harmonic;
        return program_.level * static_cast<float>(sum);
    }

    Program program_ = kPrograms[0];
    double phase_ = 0.0, step_ = 0.0;
};

Plugin* createPlugin() { return new TinySynth; }

END_NAMESPACE_DISTRHO
