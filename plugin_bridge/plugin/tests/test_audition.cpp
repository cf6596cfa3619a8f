#include "../core/audition.hpp"
#include "check.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <new>

using namespace timbred;

namespace {

thread_local int allocations = 0; // by this thread, and frees

} // namespace

void* operator new(size_t bytes) {
    ++allocations;
    if (void* memory = std::malloc(bytes))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    ++allocations;
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace {

// Every frame's left sample is `level`, its right one the opposite.
Clip clip(uint32_t frames, float level) {
    static const std::string folder = check::freshRuntimeFolder();
    const std::string path = folder + "/clip";
    std::vector<float> samples;
    for (uint32_t i = 0; i < frames; ++i)
        samples.insert(samples.end(), {level, -level});
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(samples.data()),
               static_cast<std::streamsize>(samples.size() * sizeof(float)));
    return Clip::take(path);
}

// A bus that plays 0.25 on both sides, in blocks.
struct Bus {
    std::vector<float> left, right;

    void play(Audition& audition, uint32_t frames) {
        left.assign(frames, 0.25f);
        right.assign(frames, 0.25f);
        float* planes[] = {left.data(), right.data()};
        const int before = allocations;
        audition.mix(planes, frames);
        CHECK(allocations == before);
    }

    bool isUntouched() const { return heard(left) == 0 && heard(right) == 0; }
    static size_t heard(const std::vector<float>& samples) {
        size_t count = 0;
        for (const float sample : samples)
            count += sample != 0.25f;
        return count;
    }
};

} // namespace

TEST(where_nothing_is_auditioned_no_sample_is_touched) {
    Audition audition;
    Bus bus;
    bus.play(audition, 512);
    CHECK(bus.isUntouched() && !audition.isPlaying());
}

TEST(a_clip_is_added_from_its_first_frame_to_its_last_over_blocks_of_any_size) {
    Audition audition;
    Bus bus;
    audition.play(clip(700, 0.5f), audition.epoch());
    size_t heard = 0;
    for (const uint32_t frames : {1u, 511u, 0u, 100u}) {
        bus.play(audition, frames);
        CHECK(Bus::heard(bus.left) == frames);
        CHECK(frames == 0 || (bus.left[0] == 0.75f && bus.right[frames - 1] == -0.25f));
        heard += frames;
        CHECK(audition.isPlaying());
    }
    bus.play(audition, 512);
    CHECK(heard + Bus::heard(bus.left) == 700 && bus.left[88] == 0.25f);
    CHECK(!audition.isPlaying());
    bus.play(audition, 512);
    CHECK(bus.isUntouched());
}

TEST(a_clip_that_is_stopped_fades_and_then_leaves_the_bus_alone) {
    Audition audition;
    Bus bus;
    audition.play(clip(100'000, 0.5f), audition.epoch());
    bus.play(audition, 64);
    audition.stop();
    float last = 0.75f;
    for (uint32_t block = 0; block < Audition::kFadeFrames / 64; ++block) {
        bus.play(audition, 64);
        for (const float sample : bus.left) {
            CHECK(sample <= last && last - sample < 0.01f);
            last = sample;
        }
    }
    CHECK(std::abs(last - 0.25f) < 0.01f);
    bus.play(audition, 64);
    CHECK(bus.isUntouched() && !audition.isPlaying());
}

TEST(another_clip_begins_when_the_one_before_has_faded) {
    Audition audition;
    Bus bus;
    audition.play(clip(100'000, 0.5f), audition.epoch());
    bus.play(audition, 64);
    audition.play(clip(10, 0.125f), audition.epoch());
    bus.play(audition, 2 * Audition::kFadeFrames);
    CHECK(bus.left[0] == 0.75f && bus.left[Audition::kFadeFrames] == 0.375f);
    CHECK(bus.left[Audition::kFadeFrames + 9] == 0.375f && bus.left[Audition::kFadeFrames + 10] == 0.25f);
}

TEST(of_clips_that_follow_each_other_between_two_blocks_the_last_is_heard) {
    Audition audition;
    Bus bus;
    for (int i = 0; i < 20; ++i)
        audition.play(clip(10, 0.5f), audition.epoch());
    audition.play(clip(20, 0.125f), audition.epoch());
    bus.play(audition, 512);
    CHECK(Bus::heard(bus.left) == 20 && bus.left[0] == 0.375f);
    CHECK(!audition.isPlaying());
    audition.play(clip(30, 0.125f), audition.epoch()); // perhaps where one of those lay
    CHECK(audition.isPlaying());
    bus.play(audition, 512);
    CHECK(Bus::heard(bus.left) == 30);
}

TEST(a_reset_leaves_nothing_for_the_next_block) {
    Audition audition;
    Bus bus;
    audition.play(clip(100'000, 0.5f), audition.epoch());
    bus.play(audition, 64);
    audition.reset();
    bus.play(audition, 64);
    CHECK(bus.isUntouched() && !audition.isPlaying());
    audition.play(clip(64, 0.5f), audition.epoch());
    bus.play(audition, 64);
    CHECK(bus.left[0] == 0.75f);
}

TEST(what_was_asked_for_before_a_reset_is_not_heard_after_it) {
    Audition audition;
    Bus bus;
    const uint32_t asked = audition.epoch();
    audition.reset();
    audition.play(clip(64, 0.5f), asked);
    bus.play(audition, 64);
    CHECK(bus.isUntouched() && !audition.isPlaying());
    audition.play(clip(64, 0.5f), audition.epoch());
    bus.play(audition, 64);
    CHECK(bus.left[0] == 0.75f);
}
