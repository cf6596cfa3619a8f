// A sound that the daemon made to be heard: stereo frames at the bus's sample rate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace timbred {

class Clip {
  public:
    static constexpr uint32_t kChannels = 2;
    static constexpr uint32_t kMostFrames = 8'000'000; // 15 s at any rate that a ring can have

    // [link-thread] Reads a file of float32 frames and removes it. Throws PluginError where it is none, or
    // holds a sample outside -1..1.
    static Clip take(const std::string& path);

    uint32_t frames() const noexcept { return static_cast<uint32_t>(samples_.size() / kChannels); }

    // [audio-thread] One sample for each channel.
    const float* frame(uint32_t index) const noexcept { return &samples_[size_t{index} * kChannels]; }

  private:
    explicit Clip(std::vector<float> samples) : samples_(std::move(samples)) {}

    std::vector<float> samples_; // the channels side by side
};

} // namespace timbred
