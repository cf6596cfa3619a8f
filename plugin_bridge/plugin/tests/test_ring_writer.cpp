#include "../core/errors.hpp"
#include "../core/ring_writer.hpp"
#include "check.hpp"

#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>

using namespace timbred;

namespace {

const SessionId kSession{1, 2, 3};

std::string ringPath() { return check::freshRuntimeFolder() + "/a.ring"; }

// A header and planes as any other process would read them.
struct File {
    explicit File(const std::string& path) : bytes(std::filesystem::file_size(path)) {
        std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    const wire::RingHeader& header() const {
        return *reinterpret_cast<const wire::RingHeader*>(bytes.data());
    }
    float sample(size_t plane, size_t index) const {
        const auto* body = reinterpret_cast<const float*>(bytes.data() + wire::kBodyOffset);
        return body[plane * header().capacityFrames + index];
    }
    std::vector<char> bytes;
};

// Writes `frames` samples that count up from `first`, the second channel negative.
void writeCount(RingWriter& ring, uint32_t frames, float first) {
    std::vector<float> left(frames), right(frames);
    std::iota(left.begin(), left.end(), first);
    for (uint32_t i = 0; i < frames; ++i)
        right[i] = -left[i];
    const float* planes[] = {left.data(), right.data()};
    ring.write(planes, frames);
}

} // namespace

TEST(the_capacity_is_a_power_of_two_that_holds_twenty_seconds) {
    CHECK(ringCapacityFrames(48000) == 1u << 20);
    CHECK(ringCapacityFrames(8000) == 1u << 18);
    CHECK(ringCapacityFrames(384000) == 1u << 23);
}

TEST(a_new_ring_states_its_format) {
    const std::string path = ringPath();
    const RingWriter ring(path, 2, 48000, kSession, 64);
    const File file(path);
    CHECK(std::string(file.header().magic, 8) == std::string("TIMBRED\0", 8));
    CHECK(file.header().version == wire::kVersion && file.header().channels == 2);
    CHECK(file.header().capacityFrames == 64 && file.header().sampleRate == 48000);
    CHECK(file.header().sessionId[2] == 3);
    CHECK(file.bytes.size() == wire::kBodyOffset + 2 * 64 * sizeof(float));
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
}

TEST(a_block_that_passes_the_end_goes_on_at_the_beginning) {
    const std::string path = ringPath();
    RingWriter ring(path, 2, 48000, kSession, 64);
    writeCount(ring, 50, 0);
    writeCount(ring, 30, 50);
    const File file(path);
    CHECK(file.header().writtenFrames == 80 && file.header().claimedFrames == 80);
    CHECK(file.sample(0, 63) == 63.f && file.sample(0, 0) == 64.f && file.sample(0, 15) == 79.f);
    CHECK(file.sample(0, 16) == 16.f && file.sample(1, 15) == -79.f);
}

TEST(of_a_block_longer_than_the_ring_the_last_frames_remain_and_all_are_counted) {
    const std::string path = ringPath();
    RingWriter ring(path, 2, 48000, kSession, 64);
    writeCount(ring, 10, 0);
    writeCount(ring, 200, 10);
    const File file(path);
    CHECK(file.header().writtenFrames == 210);
    for (size_t frame = 210 - 64; frame < 210; ++frame)
        CHECK(file.sample(0, frame % 64) == static_cast<float>(frame));
}

TEST(the_transport_names_the_next_frame_and_its_lock_ends_even) {
    const std::string path = ringPath();
    RingWriter ring(path, 2, 48000, kSession, 64);
    writeCount(ring, 5, 0);
    ring.writeTransport({true, true, 120.0, 5.5, 4.0, 3, 8});
    const File file(path);
    CHECK(file.header().transportFrame == 5 && file.header().transportSequence == 2);
    CHECK(file.header().transportFlags == (wire::kTransportPlaying | wire::kTransportHasBeats));
    CHECK(file.header().tempoBpm == 120.0 && file.header().ppqPosition == 5.5);
    CHECK(file.header().barStartPpq == 4.0 && file.header().beatsPerBar == 3 && file.header().beatUnit == 8);
}

TEST(a_ring_takes_no_file_that_is_there_already) {
    const std::string path = ringPath();
    std::ofstream(path) << "precious";
    CHECK_THROWS(RingWriter(path, 2, 48000, kSession, 64));
    CHECK(std::filesystem::file_size(path) == 8);
}

TEST(a_sample_rate_outside_the_rule_is_refused) {
    CHECK_THROWS(RingWriter(ringPath(), 2, 0, kSession, 64));
    CHECK_THROWS(RingWriter(ringPath(), 2, 768000, kSession, 64));
}

TEST(the_file_goes_with_its_writer_but_another_file_of_that_name_stays) {
    const std::string path = ringPath();
    { const RingWriter ring(path, 2, 48000, kSession, 64); }
    CHECK(!std::filesystem::exists(path));
    {
        const RingWriter ring(path, 2, 48000, kSession, 64);
        std::filesystem::rename(path, path + ".moved");
        std::ofstream(path) << "someone else's";
        CHECK(!ring.fileExists());
    }
    CHECK(std::filesystem::exists(path));
}

TEST(a_ring_stays_in_memory_where_memory_may_be_locked_and_stands_where_it_may_not) {
    const auto lockedKilobytes = [] {
        std::ifstream status("/proc/self/status");
        long kilobytes = -1;
        for (std::string word; kilobytes < 0 && status >> word;)
            if (word == "VmLck:")
                status >> kilobytes;
        return kilobytes;
    };
    rlimit before;
    getrlimit(RLIMIT_MEMLOCK, &before);
    for (const rlim_t limit : {before.rlim_cur, rlim_t{0}}) {
        const rlimit wanted{limit, before.rlim_max};
        setrlimit(RLIMIT_MEMLOCK, &wanted);
        std::vector<char> ours(1 << 19);
        const bool allowed = mlock(ours.data(), ours.size()) == 0;
        munlock(ours.data(), ours.size());
        RingWriter ring(ringPath(), 2, 48000, kSession, 1 << 16);
        CHECK(lockedKilobytes() >= (allowed ? 512 : 0));
        writeCount(ring, 64, 1);
        CHECK(ring.hasAudio());
    }
    setrlimit(RLIMIT_MEMLOCK, &before);
    CHECK(lockedKilobytes() == 0);
}
