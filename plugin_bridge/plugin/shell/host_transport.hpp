// DPF's time position in the ring's units.
#pragma once

#include "../core/transport.hpp"
#include "DistrhoPlugin.hpp"

namespace timbred {

// [audio-thread] DPF counts bars and beats from 1, and beats in the time signature's unit.
inline Transport transportOf(const DISTRHO_NAMESPACE::TimePosition& position) noexcept {
    Transport transport;
    const auto& bbt = position.bbt;
    transport.playing = position.playing;
    transport.hasBeats = bbt.valid && bbt.beatType >= 1.f && bbt.beatsPerBar >= 1.f && bbt.ticksPerBeat > 0.0;
    if (!transport.hasBeats)
        return transport;
    const double quartersPerBeat = 4.0 / bbt.beatType;
    const double beat = bbt.beat - 1 + bbt.tick / bbt.ticksPerBeat;
    transport.tempoBpm = bbt.beatsPerMinute;
    // Bars before this one may have had another meter; a host that doesn't say where it starts leaves 0.
    const double barStartBeats =
        bbt.barStartTick > 0 ? bbt.barStartTick / bbt.ticksPerBeat : (bbt.bar - 1) * double{bbt.beatsPerBar};
    transport.barStartPpq = barStartBeats * quartersPerBeat;
    transport.ppqPosition = transport.barStartPpq + beat * quartersPerBeat;
    transport.beatsPerBar = static_cast<uint32_t>(bbt.beatsPerBar);
    transport.beatUnit = static_cast<uint32_t>(bbt.beatType);
    return transport;
}

} // namespace timbred
