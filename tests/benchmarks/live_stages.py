"""What each stage from the ring's audio to the list's packets takes, one after the other on one thread.

python tests/benchmarks/live_stages.py CATALOGUE
"""

import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from daemon_bench import RATE, music

from timbred import models
from timbred.config import load_config
from timbred.context import Context
from timbred.library import Library
from timbred.packets import list_packets
from timbred.pool import Pool
from timbred.rank import Row, rank
from timbred.search import search
from timbred.settings import ContextLength, Settings
from timbred.slots import SLOTS

CHUNK_SECONDS = 0.2


class Stopwatch:
    """Milliseconds by stage; each lap ends the stage that it names."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, list[float]] = defaultdict(list)
        self.start()

    def start(self) -> None:
        """What came before belongs to no stage."""
        self._at = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Everything since the last lap was this stage."""
        now = time.perf_counter()
        self.milliseconds[stage].append((now - self._at) * 1000)
        self._at = now


def stage_milliseconds(catalog: Path, seconds: float) -> Mapping[str, Sequence[float]]:
    """Each stage's times over so much music, with the best model that is installed."""
    config, encoder = load_config(), models.default_encoder()
    library = Library(str(catalog), encoder.space, encoder.model_id)
    library.refresh()
    context = Context(RATE, encoder.sample_rate, encoder.window_seconds, config.listening)
    pool, settings, length = Pool(encoder.roles), Settings(), ContextLength()
    rows: tuple[Row, ...] = ()
    audio, frames, watch = music(seconds), round(CHUNK_SECONDS * RATE), Stopwatch()
    for start in range(0, audio.shape[1], frames):
        watch.start()
        window = context.feed(audio[:, start : start + frames], start, None, length)
        watch.lap(f"context: mono, gate, resample {CHUNK_SECONDS * 1000:.0f} ms")
        if window is None:
            continue
        whole, by_role = encoder.embed_with_roles(window.audio)
        watch.lap(f"encoder: a window of at most {encoder.window_seconds:g} s")
        vectors = np.concatenate([whole[None], by_role if by_role is not None else whole[:0, None]])
        pool.add(window.start_frame, window.end_frame, vectors)
        heard = pool.heard(window.begin_frame)
        assert heard is not None, "a window was added"
        watch.lap("pool")
        found = search(library, heard, SLOTS, settings)
        watch.lap(f"search: {len(SLOTS)} slots")
        rows = rank(found, settings, rows, config.suggesting)
        watch.lap("rank")
        list_packets("0" * 32, 1, settings.mode, rows, [row.sound.path if row.sound else "" for row in rows])
        watch.lap("packets")
    return watch.milliseconds


if __name__ == "__main__":
    for name, times in stage_milliseconds(Path(sys.argv[1]), 40.0).items():
        print(f"{name:<50} p50 {np.percentile(times, 50):6.1f} ms   p99 {np.percentile(times, 99):6.1f} ms")
