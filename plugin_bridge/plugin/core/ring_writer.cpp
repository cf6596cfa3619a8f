#include "ring_writer.hpp"

#include "errors.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace timbred {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kRelease = std::memory_order_release;

} // namespace

uint32_t ringCapacityFrames(uint32_t sampleRate) {
    const double wanted = std::floor(wire::kMinSeconds * std::min(sampleRate, wire::kMaxSampleRate));
    uint32_t frames = 1;
    while (frames < wanted)
        frames *= 2;
    return frames;
}

RingWriter::RingWriter(const std::string& path, uint32_t channels, uint32_t sampleRate,
                       const SessionId& session, uint32_t capacityFrames)
    : path_(path), bytes_(wire::kBodyOffset + sizeof(float) * channels * capacityFrames),
      capacityFrames_(capacityFrames) {
    if (sampleRate < wire::kMinSampleRate || sampleRate > wire::kMaxSampleRate)
        throw PluginError("sample rate must be " + std::to_string(wire::kMinSampleRate) + ".." +
                          std::to_string(wire::kMaxSampleRate) + " Hz, not " + std::to_string(sampleRate));
    const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        throw PluginError("the ring " + path_ + " can't be made: " + std::strerror(errno));
    try {
        reserve(file);
    } catch (...) {
        close(file);
        unlink(path_.c_str());
        throw;
    }
    close(file);
    writeFormat(channels, sampleRate, session);
}

RingWriter::~RingWriter() {
    unlinkFile();
    munmap(header_, bytes_);
}

void RingWriter::reserve(int file) {
    const int failure = posix_fallocate(file, 0, static_cast<off_t>(bytes_));
    struct stat status {};
    if (failure != 0 || fstat(file, &status) != 0)
        throw PluginError(std::to_string(bytes_) + " bytes for the ring " + path_ +
                          " can't be reserved: " + std::strerror(failure ? failure : errno));
    inode_ = status.st_ino;
    void* map = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    if (map == MAP_FAILED)
        throw PluginError("the ring " + path_ + " can't be mapped: " + std::strerror(errno));
    std::memset(map, 0, bytes_); // a write to every page: none faults on the audio thread
    mlock(map, bytes_);          // and stays where it is, where the user's limit lets it
    header_ = static_cast<wire::RingHeader*>(map);
    body_ = reinterpret_cast<float*>(static_cast<char*>(map) + wire::kBodyOffset);
}

void RingWriter::writeFormat(uint32_t channels, uint32_t sampleRate, const SessionId& session) {
    header_->version = wire::kVersion;
    header_->channels = channels;
    header_->capacityFrames = static_cast<uint32_t>(capacityFrames_);
    header_->sampleRate = sampleRate;
    std::copy(session.begin(), session.end(), header_->sessionId);
    header_->writerPid = static_cast<uint32_t>(getpid());
    std::atomic_thread_fence(kRelease);
    std::memcpy(header_->magic, wire::kMagic, sizeof wire::kMagic);
}

void RingWriter::write(const float* const* audio, uint32_t frames) noexcept {
    const uint64_t begin = header_->writtenFrames.load(kRelaxed);
    const uint64_t end = begin + frames;
    // Claimed before the copy: a reader that sees any of the new samples sees this count too.
    header_->claimedFrames.store(end, kRelaxed);
    std::atomic_thread_fence(kRelease);
    const uint64_t skipped = frames > capacityFrames_ ? frames - capacityFrames_ : 0;
    const uint64_t count = frames - skipped;
    const uint64_t first = (begin + skipped) & (capacityFrames_ - 1);
    const uint64_t head = std::min(count, capacityFrames_ - first);
    for (uint32_t channel = 0; channel < header_->channels; ++channel) {
        float* plane = body_ + channel * capacityFrames_;
        const float* source = audio[channel] + skipped;
        std::memcpy(plane + first, source, head * sizeof(float));
        std::memcpy(plane, source + head, (count - head) * sizeof(float));
    }
    header_->writtenFrames.store(end, kRelease);
}

void RingWriter::writeTransport(const Transport& transport) noexcept {
    const uint32_t sequence = header_->transportSequence.load(kRelaxed);
    header_->transportSequence.store(sequence + 1, kRelaxed);
    std::atomic_thread_fence(kRelease);
    header_->transportFlags.store((transport.playing ? wire::kTransportPlaying : 0) |
                                      (transport.hasBeats ? wire::kTransportHasBeats : 0),
                                  kRelaxed);
    header_->transportFrame.store(header_->writtenFrames.load(kRelaxed), kRelaxed);
    header_->tempoBpm.store(transport.tempoBpm, kRelaxed);
    header_->ppqPosition.store(transport.ppqPosition, kRelaxed);
    header_->barStartPpq.store(transport.barStartPpq, kRelaxed);
    header_->beatsPerBar.store(transport.beatsPerBar, kRelaxed);
    header_->beatUnit.store(transport.beatUnit, kRelaxed);
    header_->transportSequence.store(sequence + 2, kRelease);
}

bool RingWriter::hasAudio() const noexcept {
    return header_->writtenFrames.load(std::memory_order_acquire) > 0;
}

void RingWriter::unlinkFile() noexcept {
    if (fileExists())
        unlink(path_.c_str());
}

bool RingWriter::fileExists() const noexcept {
    struct stat status {};
    return lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_;
}

} // namespace timbred
