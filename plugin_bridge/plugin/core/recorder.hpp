// Keeps the ring of one plugin instance: makes it, hands it to the audio thread, mends it, removes it.
#pragma once

#include "ring_writer.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace timbred {

class Recorder {
  public:
    static constexpr uint32_t kChannels = 2;
    static constexpr size_t kMaxRetired = 2; // rings that wait for the audio thread to leave them

    Recorder(const SessionId& session, const std::string& folder) : session_(session), folder_(folder) {}

    // [main-thread] Before audio runs: a ring of this sample rate. Never throws: see trouble().
    // [audio-thread] At the rate of the last call it does nothing and waits for nothing: a ring stays, with
    // its counts, since hosts re-activate around an export, and one that could not be made is mend()'s.
    void prepare(uint32_t sampleRate);

    // [link-thread] Makes the ring anew where it could not be made, or where its file was taken away; once
    // kMaxRetired were, no more before audio has come. Gives back the rings that the audio thread has left.
    void mend();

    // [audio-thread] Copies a block into the ring; counts it where there is none.
    void record(const float* const* audio, uint32_t frames, const Transport& transport) noexcept;

    // [any-thread] Of the last prepare(), 0 before the first.
    uint32_t sampleRate() const noexcept { return sampleRate_.load(std::memory_order_relaxed); }

    // [main-thread, link-thread] The ring's file, empty where there is none.
    std::string ringPath() const;

    // [main-thread, link-thread] Why there is no ring, in one sentence; empty where there is one.
    std::string trouble() const;

    // [any-thread] Blocks that no ring took.
    uint64_t unrecordedBlocks() const noexcept { return unrecordedBlocks_.load(std::memory_order_relaxed); }

  private:
    void makeRing();

    const SessionId session_;
    const std::string folder_;
    std::atomic<RingWriter*> current_{nullptr}; // what the audio thread writes to
    std::atomic<uint32_t> sampleRate_{0};
    std::atomic<uint64_t> unrecordedBlocks_{0};

    mutable std::mutex mutex_; // guards what follows; the audio thread never takes it
    uint32_t ringsMade_ = 0;
    std::string trouble_;
    std::unique_ptr<RingWriter> ring_;
    std::vector<std::unique_ptr<RingWriter>> retired_; // may still be written; see mend()
};

} // namespace timbred
