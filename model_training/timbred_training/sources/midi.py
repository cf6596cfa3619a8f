"""Scores: the notes of MIDI files, from plain folders and from Slakh's layout."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mido
import numpy as np

from timbred_training.errors import TrainingError

SUFFIXES = {".mid", ".midi"}
DRUM_CHANNEL = 9
DEFAULT_TEMPO = 500_000  # microseconds a quarter note, until a file says otherwise


@dataclass(frozen=True)
class ScoreNote:
    """One note; `program` is General MIDI's 0..127, of no meaning for drums, `track` a row of the file."""

    start_seconds: float
    end_seconds: float
    pitch: int
    velocity: int
    program: int
    is_drum: bool
    track: int


def find_scores(folder: Path) -> list[Path]:
    """What `read_score` takes, anywhere below a folder: MIDI files, and whole folders of Slakh tracks.

    Raises:
        TrainingError: if there is none.
    """
    slakh = sorted(file.parent for file in folder.rglob("metadata.yaml") if (file.parent / "MIDI").is_dir())
    inside = set(slakh)
    named = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES]
    files = [file for file in named if not file.name.startswith(".")]
    plain = [file for file in files if inside.isdisjoint(file.parents)]
    if not slakh and not plain:
        raise TrainingError(f"a folder of scores must hold {sorted(SUFFIXES)} files, and {folder} has none")
    return [*slakh, *plain]


def read_score(path: Path) -> list[ScoreNote]:
    """The notes of a MIDI file or of a Slakh track's folder, by start.

    Raises:
        TrainingError: for a file that is no MIDI, or a Slakh track whose metadata do not fit its files.
    """
    return read_slakh_track(path) if path.is_dir() else read_midi(path)


def read_midi(path: Path) -> list[ScoreNote]:
    """The notes of one MIDI file, by start; a note that never ends is dropped.

    Raises:
        TrainingError: for a file that is missing or no MIDI, or whose tracks are not one song.
    """
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, IndexError, mido.KeySignatureError) as error:
        why = error if str(error) else "it breaks off"
        raise TrainingError(f"a score must be a readable MIDI file, not {path}: {why}") from error
    if file.type == 2 and len(file.tracks) > 1:
        raise TrainingError(
            f"a score must be one song, and the tracks of {path}, of type 2, are each their own"
        )
    events = _events(file)
    seconds = _seconds(events, file.ticks_per_beat or 480)
    program = dict.fromkeys(range(16), 0)
    sounding: dict[tuple[int, int, int], list[tuple[float, int, int]]] = {}
    notes = []
    for (_, track, message), time in zip(events, seconds, strict=True):
        if message.type == "program_change":
            program[message.channel] = message.program
        elif message.type in ("note_on", "note_off"):
            key = (track, message.channel, message.note)
            if message.type == "note_on" and message.velocity:
                sounding.setdefault(key, []).append((time, message.velocity, program[message.channel]))
            elif sounding.get(key):
                start, velocity, voice = sounding[key].pop(0)
                drum = message.channel == DRUM_CHANNEL
                notes.append(ScoreNote(start, time, message.note, velocity, voice, drum, track))
    return sorted(notes, key=lambda note: (note.start_seconds, note.track, note.pitch))


def read_slakh_track(folder: Path) -> list[ScoreNote]:
    """The notes of one track of Slakh (Manilow et al. 2019): `metadata.yaml` beside `MIDI/<stem>.mid`.

    A stem is a track here; its program, and whether it is drums, are those of the metadata.
    """
    import yaml

    try:
        stems: dict[str, dict[str, Any]] = yaml.safe_load((folder / "metadata.yaml").read_text())["stems"]
        about = {name: (int(stem["program_num"]), bool(stem["is_drum"])) for name, stem in stems.items()}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"metadata.yaml must tell each stem's program_num and is_drum, not as in {folder}: {error!r}"
        ) from error
    notes = []
    for track, (name, (program, drum)) in enumerate(sorted(about.items())):
        file = folder / "MIDI" / f"{name}.mid"
        if file.is_file():  # a stem that failed to render has neither audio nor MIDI
            notes += [replace(n, program=program, is_drum=drum, track=track) for n in read_midi(file)]
    return sorted(notes, key=lambda note: (note.start_seconds, note.track, note.pitch))


def _events(file: mido.MidiFile) -> list[tuple[int, int, Any]]:
    """All messages as (tick, track, message), by tick; within a tick and track as they lie in the file."""
    events = []
    for track, messages in enumerate(file.tracks):
        tick = 0
        for message in messages:
            tick += message.time
            events.append((tick, track, message))
    return sorted(events, key=lambda event: event[0])


def _seconds(events: list[tuple[int, int, Any]], ticks_per_beat: int) -> list[float]:
    """When each event happens: ticks are of the length that the tempo before them gives.

    A file that counts frames of film instead has their rate in the upper byte, negated, and no tempo.
    """
    ticks = np.array([tick for tick, _, _ in events], dtype=np.float64)
    if ticks_per_beat < 0:
        timed: list[float] = (ticks / (-(ticks_per_beat >> 8) * max(1, ticks_per_beat & 0xFF))).tolist()
        return timed
    tempo, tempos = DEFAULT_TEMPO, []
    for _, _, message in events:
        tempos.append(tempo)  # of the time up to this event
        tempo = message.tempo if message.type == "set_tempo" else tempo
    lengths = np.diff(ticks, prepend=0.0) * np.array(tempos) * 1e-6 / ticks_per_beat
    seconds: list[float] = np.cumsum(lengths).tolist()
    return seconds
