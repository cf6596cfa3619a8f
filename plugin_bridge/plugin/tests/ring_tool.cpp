// Writes a ring as told on standard input, for the contract tests that read it from Python.
//
//   ring_tool PATH CHANNELS SAMPLE_RATE CAPACITY_FRAMES
//
// Commands: "write FRAMES SEED" appends a block, "transport PLAYING BEATS TEMPO PPQ BAR BEATS_PER_BAR
// UNIT", "race BLOCKS FRAMES" writes blocks whose every sample is its frame number, as fast as it can.
// Each is answered by a line when it is done; the end of input ends the program.
#include "../core/ring_writer.hpp"

#include <iostream>
#include <vector>

namespace {

using timbred::RingWriter;

void writeBlock(RingWriter& ring, const std::vector<std::vector<float>>& block) {
    std::vector<const float*> planes;
    for (const auto& plane : block)
        planes.push_back(plane.data());
    ring.write(planes.data(), static_cast<uint32_t>(block[0].size()));
}

// The sequence that the Python side makes too: 24 high bits of a linear congruential generator.
std::vector<std::vector<float>> noise(uint32_t channels, uint32_t frames, uint32_t seed) {
    std::vector<std::vector<float>> block(channels, std::vector<float>(frames));
    for (auto& plane : block)
        for (float& sample : plane) {
            seed = seed * 1664525u + 1013904223u;
            sample = static_cast<float>(seed >> 8) / 8388608.f - 1.f;
        }
    return block;
}

void race(RingWriter& ring, uint32_t channels, int blocks, uint32_t frames) {
    std::vector<std::vector<float>> block(channels, std::vector<float>(frames));
    for (int i = 0; i < blocks; ++i) {
        for (auto& plane : block)
            for (uint32_t k = 0; k < frames; ++k)
                plane[k] = static_cast<float>(i * frames + k);
        writeBlock(ring, block);
    }
}

} // namespace

int main(int count, char** words) {
    if (count != 5)
        return 2;
    const auto number = [&](int i) { return static_cast<uint32_t>(std::stoul(words[i])); };
    const uint32_t channels = number(2);
    RingWriter ring(words[1], channels, number(3), timbred::SessionId{1, 2, 3, 4}, number(4));
    std::cout << "ready" << std::endl;
    for (std::string command; std::cin >> command; std::cout << "done" << std::endl) {
        uint32_t a, b;
        timbred::Transport t;
        if (command == "write" && std::cin >> a >> b)
            writeBlock(ring, noise(channels, a, b));
        else if (command == "race" && std::cin >> a >> b)
            race(ring, channels, static_cast<int>(a), b);
        else if (command == "transport" && std::cin >> t.playing >> t.hasBeats >> t.tempoBpm >>
                                               t.ppqPosition >> t.barStartPpq >> t.beatsPerBar >> t.beatUnit)
            ring.writeTransport(t);
    }
}
