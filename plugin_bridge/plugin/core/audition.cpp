#include "audition.hpp"

#include <algorithm>

namespace timbred {

void Audition::play(Clip clip, uint32_t epoch) {
    freeUnused();
    clips_.push_back(std::make_unique<const Heard>(Heard{std::move(clip), epoch}));
    ended_.store(nullptr); // its place in memory may be that of one that ended
    wanted_.store(clips_.back().get());
}

void Audition::reset() noexcept {
    epoch_.fetch_add(1);
    wanted_.store(nullptr);
    playing_.store(nullptr);
    fadeLeft_ = kFadeFrames;
}

bool Audition::isPlaying() noexcept {
    const Heard* over = ended_.load();
    if (const Heard* wanted = wanted_.load(); wanted && wanted->epoch != epoch())
        over = wanted; // a reset came between its check and its play()
    if (over)
        wanted_.compare_exchange_strong(over, nullptr);
    freeUnused();
    return wanted_.load() != nullptr;
}

void Audition::freeUnused() noexcept {
    const Heard* wanted = wanted_.load();
    const Heard* playing = playing_.load();
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
    const Heard* heard = playing_.load(std::memory_order_relaxed);
    if (!heard || position_ == heard->clip.frames())
        return;
    const uint32_t count = std::min(frames - begin, heard->clip.frames() - position_);
    for (uint32_t i = 0; i < count; ++i)
        add(outputs, begin + i, heard->clip.frame(position_ + i), 1.f);
    position_ += count;
    if (position_ == heard->clip.frames())
        ended_.store(heard);
}

// Returns how many frames it took; fadeLeft_ is 0 once nothing is left to be heard.
uint32_t Audition::fadeOut(float* const* outputs, uint32_t frames) noexcept {
    const Heard* heard = playing_.load(std::memory_order_relaxed);
    const uint32_t left = heard ? std::min(fadeLeft_, heard->clip.frames() - position_) : 0;
    const uint32_t count = std::min(frames, left);
    for (uint32_t i = 0; i < count; ++i)
        add(outputs, i, heard->clip.frame(position_ + i), static_cast<float>(fadeLeft_ - i) / kFadeFrames);
    position_ += count;
    fadeLeft_ = count == left ? 0 : fadeLeft_ - count;
    return count;
}

// Where the wish changes in this very moment, the next block follows it.
void Audition::follow() noexcept {
    const Heard* wanted = wanted_.load();
    playing_.store(wanted);
    if (wanted_.load() != wanted || (wanted && wanted->epoch != epoch()))
        playing_.store(nullptr);
    position_ = 0;
    fadeLeft_ = kFadeFrames;
}

void Audition::add(float* const* outputs, uint32_t place, const float* frame, float gain) noexcept {
    for (uint32_t channel = 0; channel < Clip::kChannels; ++channel)
        outputs[channel][place] += gain * frame[channel];
}

} // namespace timbred
