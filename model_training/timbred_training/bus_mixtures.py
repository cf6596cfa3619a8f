"""Prepared mixtures: lines of notes summed as audio, through a mix bus and sometimes a lossy codec."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import torch
from rich.progress import track

from timbred_training.bus import coded, draw_bus
from timbred_training.errors import TrainingError
from timbred_training.frontend import SAMPLE_RATE, MelPower, mel_db
from timbred_training.mixture_lines import draw_line
from timbred_training.note_table import TableNote, decoded, read_note_tables
from timbred_training.store import LevelReader, is_dataset, opened

log = logging.getLogger(__name__)

SCHEMA = pa.schema([("instruments", pa.list_(pa.string())), ("level_db", pa.large_binary())])
MOST_PARTS = 8
SECONDS = 6.0
LEVEL_SPREAD_DB = 30.0
CODED = 0.3
A_WRITE = 50


@dataclass(frozen=True)
class PreparedMixture:
    """A mixture's instruments, and its levels, float16 `(columns, BANDS)`."""

    instruments: list[str]
    level_db: np.ndarray


def train_instruments(tables: Path) -> dict[str, list[TableNote]]:
    """The train notes of a folder of note tables, by instrument; of one without sound only a warning.

    Raises:
        TrainingError: if they are too few to mix.
    """
    pool: dict[str, list[TableNote]] = {}
    for note in read_note_tables(tables):
        if note.split == "train":
            pool.setdefault(note.instrument, []).append(note)
    for name in [name for name, notes in pool.items() if next(decoded(notes, SAMPLE_RATE), None) is None]:
        log.warning("%s is left out: none of its %d train notes sounds", name, len(pool.pop(name)))
    if len(pool) < MOST_PARTS:
        raise TrainingError(f"mixtures need {MOST_PARTS} train instruments, and {tables} holds {len(pool)}")
    return pool


def prepare_mixtures(pool: dict[str, list[TableNote]], folder: Path, count: int, seed: int = 0) -> int:
    """Renders mixtures of the instruments until the dataset holds `count`; returns those written.

    A mixture depends on its number, the seed and the notes alone: stopped, it goes on where it was.

    Raises:
        TrainingError: if what lies there is no dataset of mixtures, or one of another seed or other notes.
    """
    made = {b"seed": str(seed).encode(), b"notes": _digest(pool).encode()}
    done = _done(folder, made) if is_dataset(folder) else 0
    schema, mel = SCHEMA.with_metadata(made), MelPower()
    for begin in track(range(done, count, A_WRITE), "mixtures"):
        numbers = range(begin, min(begin + A_WRITE, count))
        rows = [render_mixture(pool, np.random.default_rng([seed, k]), mel) for k in numbers]
        table = pa.Table.from_pylist(
            [{"instruments": m.instruments, "level_db": m.level_db.tobytes()} for m in rows], schema=schema
        )
        lance.write_dataset(table, str(folder), mode="append" if is_dataset(folder) else "create")
    return max(0, count - done)


def _done(folder: Path, made: dict[bytes, bytes]) -> int:
    """How many mixtures there are; a dataset written before it was told what made it may be of anything."""
    dataset = opened(folder, SCHEMA)
    held = dataset.schema.metadata or {}
    other = [fact.decode() for fact, mine in made.items() if held.get(fact, mine) != mine]
    if other:
        rule = "mixtures must keep the notes and the seed that they began with"
        raise TrainingError(f"{rule}, and {folder} differs in {' and '.join(other)}")
    return int(dataset.count_rows())


def _digest(pool: dict[str, list[TableNote]]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for name in sorted(pool):
        found.update(f"{name} {len(pool[name])} ".encode())
        for note in pool[name]:
            found.update(note.audio)
    return found.hexdigest()


@torch.no_grad()
def render_mixture(
    pool: dict[str, list[TableNote]], rng: np.random.Generator, mel: MelPower
) -> PreparedMixture:
    """One mixture of one to eight instruments of any family."""
    frames = int(SECONDS * SAMPLE_RATE)
    names = [
        str(name) for name in rng.choice(sorted(pool), int(rng.integers(1, MOST_PARTS + 1)), replace=False)
    ]
    spread_db = rng.uniform(0.0, LEVEL_SPREAD_DB)
    total = np.zeros(frames, dtype=np.float32)
    for name in names:
        sounds = [sound for _, sound in decoded(pool[name], SAMPLE_RATE)]
        gain_db = rng.uniform(-0.5, 0.5) * spread_db
        total += np.float32(10.0 ** (gain_db / 20.0)) * draw_line(sounds, frames, rng)
    total *= np.float32(rng.uniform(0.3, 1.0) / max(float(np.abs(total).max()), 1e-6))
    heard = draw_bus(rng)(total[None], SAMPLE_RATE)[0]
    heard = coded(heard / max(1.0, float(np.abs(heard).max())), SAMPLE_RATE, rng, chance=CODED)
    level = mel_db(mel(torch.from_numpy(heard.astype(np.float32))[None]))[0].T.numpy()
    return PreparedMixture(names, level.astype(np.float16))


class PreparedMixtures:
    """The mixtures of some datasets all of whose instruments are among those that are trained.

    Args:
        folders: datasets that `prepare_mixtures` wrote.
        names: the instruments that are trained; they are spoken of by their place here.
    """

    def __init__(self, folders: list[Path], names: list[str]) -> None:
        self.reader = LevelReader(folders)
        place = {name: k for k, name in enumerate(names)}
        self.rows: list[int] = []
        self.members: list[np.ndarray] = []
        row = 0
        for folder in folders:
            for instruments in opened(folder, SCHEMA).to_table(["instruments"])["instruments"].to_pylist():
                if all(name in place for name in instruments):
                    self.rows.append(row)
                    self.members.append(np.array([place[name] for name in instruments]))
                row += 1
        if not self.rows:
            raise TrainingError(
                f"prepared mixtures must hold instruments of the data, and {folders} hold none"
            )

    def draw(
        self, count: int, spare: int, rng: np.random.Generator, without: Iterable[int] = ()
    ) -> list[tuple[int, np.ndarray]]:
        """Up to `count` mixtures as (row, instruments) that share no instrument, and hold none of `without`.

        `spare` is how many instruments more than mixtures they may hold in all.
        """
        drawn: list[tuple[int, np.ndarray]] = []
        taken = set(without)
        for k in rng.permutation(len(self.rows))[: 8 * count]:
            members = self.members[k]
            extra = len(members) - 1
            if len(drawn) < count and extra <= spare and taken.isdisjoint(members.tolist()):
                drawn.append((self.rows[k], members))
                taken.update(members.tolist())
                spare -= extra
        return drawn
