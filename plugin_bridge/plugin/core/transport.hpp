// The host's transport at the first frame of a block, in the ring's units.
#pragma once

#include <cstdint>

namespace timbred {

struct Transport {
    bool playing = false;
    bool hasBeats = false; // the rest is valid
    double tempoBpm = 0.0; // quarter notes per minute
    double ppqPosition = 0.0;
    double barStartPpq = 0.0;
    uint32_t beatsPerBar = 4;
    uint32_t beatUnit = 4;
};

} // namespace timbred
