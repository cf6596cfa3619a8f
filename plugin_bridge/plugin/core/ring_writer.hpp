// Writes one ring (wire.h): audio and transport into a file that the daemon maps read-only.
#pragma once

#include "session_id.hpp"
#include "transport.hpp"

#include <string>

namespace timbred {

// Smallest power of two of frames that holds wire::kMinSeconds at a sample rate in Hz, at most
// wire::kMaxSampleRate.
uint32_t ringCapacityFrames(uint32_t sampleRate);

class RingWriter {
  public:
    // [main-thread, link-thread] Makes the file (mode 0600, it must not exist), reserves its space and
    // touches every page, so that no write can fault later. Throws PluginError.
    RingWriter(const std::string& path, uint32_t channels, uint32_t sampleRate, const SessionId& session,
               uint32_t capacityFrames);

    // [main-thread, link-thread] Removes the file and gives the memory back.
    ~RingWriter();

    RingWriter(const RingWriter&) = delete;
    RingWriter& operator=(const RingWriter&) = delete;

    // [audio-thread] Appends a block of planar audio. Of a block longer than the ring the last frames
    // remain, and all are counted.
    void write(const float* const* audio, uint32_t frames) noexcept;

    // [audio-thread] Says the transport of the next frame that is written.
    void writeTransport(const Transport& transport) noexcept;

    // [main-thread, link-thread] Removes the file; who has it mapped keeps it.
    void unlinkFile() noexcept;

    // [main-thread, link-thread] Whether the file still stands under its path.
    bool fileExists() const noexcept;

    // [main-thread, link-thread] Whether a whole block was written: then all that the audio thread did
    // before is over.
    bool hasAudio() const noexcept;

    // [any-thread]
    const std::string& path() const noexcept { return path_; }
    uint32_t sampleRate() const noexcept { return header_->sampleRate; }

  private:
    void reserve(int file);
    void writeFormat(uint32_t channels, uint32_t sampleRate, const SessionId& session);

    std::string path_;
    size_t bytes_;
    uint64_t capacityFrames_;
    wire::RingHeader* header_ = nullptr;
    float* body_ = nullptr;
    uint64_t inode_ = 0;
};

} // namespace timbred
