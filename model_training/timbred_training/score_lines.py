"""The rhythm of mixtures: what the tracks of a score play in some seconds of it."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.frontend import HOP_FRAMES, SAMPLE_RATE
from timbred_training.sources.midi import find_scores, read_score

COLUMNS_A_SECOND = SAMPLE_RATE / HOP_FRAMES
FEWEST_NOTES, MOST_NOTES = 2, 64
SCORES_KEPT = 512

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoreLine:
    """What one track plays: the column in which each note begins, and its MIDI pitch, both `(notes,)`."""

    begins: np.ndarray
    pitches: np.ndarray
    drums: bool


class Scores:
    """All scores below a folder; each is read when it is first drawn, and some are kept."""

    def __init__(self, folder: Path) -> None:
        self._paths = find_scores(folder)
        self._tracks = lru_cache(maxsize=SCORES_KEPT)(_tracks)

    def excerpt(self, columns: int, rng: np.random.Generator) -> list[ScoreLine]:
        """The lines that sound in a random place of a random score; none if that score can't be read."""
        tracks = self._tracks(self._paths[int(rng.integers(len(self._paths)))])
        if not tracks:
            return []
        # A place is chosen by a note, so that the excerpt is never in a silence.
        begins = np.concatenate([track.begins for track in tracks])
        first = int(begins[int(rng.integers(len(begins)))]) - int(rng.integers(0, max(columns // 2, 1)))
        lines = [_within(track, first, columns) for track in tracks]
        return [line for line in lines if len(line.begins) >= FEWEST_NOTES]


def _within(track: ScoreLine, first: int, columns: int) -> ScoreLine:
    inside = (track.begins >= first) & (track.begins < first + columns)
    return ScoreLine(
        track.begins[inside][:MOST_NOTES] - first, track.pitches[inside][:MOST_NOTES], track.drums
    )


def _tracks(path: Path) -> list[ScoreLine]:
    try:
        notes = read_score(path)
    except TrainingError as error:
        log.warning("a score is passed over: %s", error)
        return []
    lines: dict[tuple[int, int, bool], list[tuple[int, int]]] = {}
    for note in notes:
        begin = round(note.start_seconds * COLUMNS_A_SECOND)
        lines.setdefault((note.track, note.program, note.is_drum), []).append((begin, note.pitch))
    return [_line(np.array(line, dtype=np.int64), drums) for (_, _, drums), line in lines.items()]


def _line(notes: np.ndarray, drums: bool) -> ScoreLine:
    return ScoreLine(notes[:, 0], notes[:, 1], drums)
