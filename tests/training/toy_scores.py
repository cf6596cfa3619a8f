"""A toy score: two notes, and a tempo that changes between them."""

from pathlib import Path

import mido


def write_score(path: Path, *, program: int = 33, channel: int = 0) -> None:
    """A tempo track, and one of two notes: a beat at 120, then a beat at 60 after the tempo has changed."""
    file = mido.MidiFile(ticks_per_beat=100)
    tempo = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000, time=100)])
    notes = mido.MidiTrack(
        [
            mido.Message("program_change", channel=channel, program=program),
            mido.Message("note_on", channel=channel, note=40, velocity=90),
            mido.Message("note_off", channel=channel, note=40, time=100),
            mido.Message("note_on", channel=channel, note=43, velocity=70),
            mido.Message("note_on", channel=channel, note=43, velocity=0, time=100),
            mido.Message("note_on", channel=channel, note=50, velocity=70),
        ]
    )
    file.tracks += [tempo, notes]
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
