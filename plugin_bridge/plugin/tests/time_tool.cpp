// Times what the plugin does with a block, without its format: the copy into the ring and to the output.
//
//   time_tool    prints JSON lines: nanoseconds of both, and of a bare memcpy of the block into as much
//                shared memory as a ring has
#include "../core/recorder.hpp"
#include "../core/runtime_folder.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr uint32_t kMaxFrames = 1024;
constexpr int kRounds = 300, kRepeats = 100;

// Blocks one behind the other into shared memory, as any recorder must at the least.
class BareCopy {
  public:
    explicit BareCopy(size_t capacityFrames) : capacity_(capacityFrames) {
        const size_t bytes = 2 * capacity_ * sizeof(float);
        const int file = memfd_create("bare", 0);
        void* map = ftruncate(file, static_cast<off_t>(bytes)) == 0
                        ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                        : MAP_FAILED;
        if (map == MAP_FAILED)
            _exit(3);
        std::memset(map, 0, bytes);
        memory_ = static_cast<float*>(map);
    }

    void operator()(const float* const* audio, uint32_t frames) {
        if (place_ + frames > capacity_)
            place_ = 0;
        for (size_t channel = 0; channel < 2; ++channel)
            std::memcpy(memory_ + channel * capacity_ + place_, audio[channel], frames * sizeof(float));
        place_ += frames;
    }

  private:
    size_t capacity_;
    float* memory_;
    size_t place_ = 0;
};

template <typename Work> double nanoseconds(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepeats; ++i) {
        work();
        asm volatile("" : : : "memory");
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() /
           kRepeats;
}

double median(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

} // namespace

int main() {
    timbred::Recorder recorder(timbred::randomSessionId(), timbred::runtimeFolderPath());
    recorder.prepare(48000);
    BareCopy bare(timbred::ringCapacityFrames(48000));
    std::vector<float> left(kMaxFrames, 0.5f), right(kMaxFrames, -0.5f), out(2 * kMaxFrames);
    const float* in[] = {left.data(), right.data()};
    for (const uint32_t frames : {64u, 128u, 256u, 512u, 1024u}) {
        std::vector<double> process, copy;
        for (int round = 0; round < kRounds; ++round) { // in turn: a busy machine slows both alike
            process.push_back(nanoseconds([&] {
                recorder.record(in, frames, {true, true, 120.0, 1.0, 0.0, 4, 4});
                std::memmove(out.data(), in[0], frames * sizeof(float));
                std::memmove(out.data() + kMaxFrames, in[1], frames * sizeof(float));
            }));
            copy.push_back(nanoseconds([&] { bare(in, frames); }));
        }
        std::printf("{\"frames\": %u, \"process_ns\": %.1f, \"memcpy_ns\": %.1f}\n", frames, median(process),
                    median(copy));
    }
    return recorder.unrecordedBlocks() == 0 ? 0 : 1;
}
