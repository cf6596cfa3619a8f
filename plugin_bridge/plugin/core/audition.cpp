#include "audition.hpp"

#include <algorithm>

namespace timbred {

void Audition::play(std::unique_ptr<const Clip> clip) {
    freeUnused();
    clips_.push_back(std::move(clip));
    ended_.store(nullptr); // its place in memory may be that of one that ended
    wanted_.store(clips_.back().get());
}

void Audition::reset() noexcept {
    wanted_.store(nullptr);
    playing_.store(nullptr);
    fadeLeft_ = kFadeFrames;
}

bool Audition::isPlaying() noexcept {
    const Clip* ended = ended_.load();
    if (ended)
        wanted_.compare_exchange_strong(ended, nullptr);
    freeUnused();
    return wanted_.load() != nullptr;
}

void Audition::freeUnused() noexcept {
    const Clip* wanted = wanted_.load();
    const Clip* playing = playing_.load();
    clips_.erase(
        std::remove_if(clips_.begin(), clips_.end(),
                       [&](const auto& clip) { return clip.get() != wanted && clip.get() != playing; }),
        clips_.end());
}

void Audition::mix(float* const* outputs, uint32_t frames) noexcept {
    uint32_t begin = 0;
    if (playing_.load(std::memory_order_relaxed) != wanted_.load()) {
        begin = fadeOut(outputs, frames);
        if (fadeLeft_ > 0)
            return;
        follow();
    }
    const Clip* clip = playing_.load(std::memory_order_relaxed);
    if (!clip || position_ == clip->frames())
        return;
    const uint32_t count = std::min(frames - begin, clip->frames() - position_);
    for (uint32_t i = 0; i < count; ++i)
        add(outputs, begin + i, clip->frame(position_ + i), 1.f);
    position_ += count;
    if (position_ == clip->frames())
        ended_.store(clip);
}

// Returns how many frames it took; fadeLeft_ is 0 once nothing is left to be heard.
uint32_t Audition::fadeOut(float* const* outputs, uint32_t frames) noexcept {
    const Clip* clip = playing_.load(std::memory_order_relaxed);
    const uint32_t left = clip ? std::min(fadeLeft_, clip->frames() - position_) : 0;
    const uint32_t count = std::min(frames, left);
    for (uint32_t i = 0; i < count; ++i)
        add(outputs, i, clip->frame(position_ + i), static_cast<float>(fadeLeft_ - i) / kFadeFrames);
    position_ += count;
    fadeLeft_ = count == left ? 0 : fadeLeft_ - count;
    return count;
}

// Where the wish changes in this very moment, the next block follows it.
void Audition::follow() noexcept {
    const Clip* wanted = wanted_.load();
    playing_.store(wanted);
    if (wanted_.load() != wanted)
        playing_.store(nullptr);
    position_ = 0;
    fadeLeft_ = kFadeFrames;
}

void Audition::add(float* const* outputs, uint32_t place, const float* frame, float gain) noexcept {
    for (uint32_t channel = 0; channel < Clip::kChannels; ++channel)
        outputs[channel][place] += gain * frame[channel];
}

} // namespace timbred
