#include "recorder.hpp"

#include "errors.hpp"
#include "runtime_folder.hpp"

namespace timbred {

void Recorder::prepare(uint32_t sampleRate) {
    if (sampleRate == sampleRate_.load(std::memory_order_relaxed))
        return;
    const std::lock_guard lock(mutex_);
    retired_.clear(); // no audio runs between deactivate and activate
    sampleRate_.store(sampleRate, std::memory_order_relaxed);
    makeRing();
}

void Recorder::mend() {
    const std::lock_guard lock(mutex_);
    if (ring_ && ring_->hasAudio())
        retired_.clear(); // the audio thread has gone over to this one, and never goes back
    const bool mended = ring_ && (ring_->fileExists() || retired_.size() >= kMaxRetired);
    if (sampleRate_.load(std::memory_order_relaxed) != 0 && !mended)
        makeRing();
}

// The old ring takes what comes until the new one stands, and stays mapped for who still writes to it.
void Recorder::makeRing() {
    std::unique_ptr<RingWriter> made;
    try {
        const std::string name = hex(session_) + "-" + std::to_string(ringsMade_ + 1) + ".ring";
        makeRuntimeFolder(folder_);
        const uint32_t sampleRate = sampleRate_.load(std::memory_order_relaxed);
        made = std::make_unique<RingWriter>(folder_ + "/" + name, kChannels, sampleRate, session_,
                                            ringCapacityFrames(sampleRate));
        ++ringsMade_;
        trouble_.clear();
    } catch (const PluginError& error) {
        trouble_ = error.what();
    }
    current_.store(made.get(), std::memory_order_release);
    if (ring_) {
        ring_->unlinkFile();
        retired_.push_back(std::move(ring_));
    }
    ring_ = std::move(made);
}

void Recorder::record(const float* const* audio, uint32_t frames, const Transport& transport) noexcept {
    RingWriter* ring = current_.load(std::memory_order_acquire);
    if (!ring) {
        unrecordedBlocks_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    ring->writeTransport(transport);
    ring->write(audio, frames);
}

std::string Recorder::ringPath() const {
    const std::lock_guard lock(mutex_);
    return ring_ ? ring_->path() : "";
}

std::string Recorder::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

} // namespace timbred
