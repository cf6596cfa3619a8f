"""The bank: features of many contexts and of all one-shots, computed once, so that heads train in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from timbred_training.encoder import ROLE_QUERIES, RoleEncoder
from timbred_training.errors import TrainingError
from timbred_training.export import weights_hash
from timbred_training.fit.mixing_board import (
    BANDWIDTH_ONLY,
    UNCHANGED,
    WINDOW_COLUMNS,
    Changes,
    changed,
    mix,
    power_of,
)
from timbred_training.fit.song_set import SongSet, beginnings, same_recordings
from timbred_training.frontend import relative_db
from timbred_training.progress import shown

BATCH = 16
SHOT_COLUMNS = 101
QUIETEST_DB = -50.0  # of the song's loudest: a quieter stem does not count as sounding
FEWEST_KEPT = 0.3
MOST_DRAWS = 20  # of a window in which something sounds
HEADS = ("project", "project_norm", "role_project", *ROLE_QUERIES)  # what of an encoder gives no features


@dataclass(frozen=True)
class Bank:
    """Features are float16 `(rows, features)`; what they are of stands beside them, one entry a row.

    Args:
        trunk: `trunk_hash` of the encoder that gave the features, one text.
        name, author, source: Of each song.
        real: Whether somebody chose the song's sounds.
        shot_song, shot_stem, shot_role, shot_copy: Of each one-shot, as in `SongSet`.
        shot_beginning: What copies are told by, as `beginnings` gives it.
        shot_feature: `(shots, variants, features)`, the first variant unchanged.
        lo_fi_feature: `(shots, features)` with a random bandwidth.
        mix_feature: Of random parts of songs, for training.
        mix_song: `(mixes,)`.
        mix_has: Whether a stem is in it, `(mixes, stems)`.
        query_feature: Of whole songs, each asked for the sound of one stem, for measuring.
        query_song, query_stem, query_role: `(queries,)`.
        query_in_mix: Whether that stem is in the context.
        query_lo_fi: Whether the context's bandwidth was drawn.
    """

    trunk: np.ndarray
    name: np.ndarray
    author: np.ndarray
    source: np.ndarray
    real: np.ndarray
    shot_song: np.ndarray
    shot_stem: np.ndarray
    shot_role: np.ndarray
    shot_copy: np.ndarray
    shot_beginning: np.ndarray
    shot_feature: np.ndarray
    lo_fi_feature: np.ndarray
    mix_feature: np.ndarray
    mix_song: np.ndarray
    mix_has: np.ndarray
    query_feature: np.ndarray
    query_song: np.ndarray
    query_stem: np.ndarray
    query_role: np.ndarray
    query_in_mix: np.ndarray
    query_lo_fi: np.ndarray

    def write(self, path: Path) -> None:
        """Writes the bank as one `.npz` file."""
        temporary = path.with_suffix(".tmp.npz")
        np.savez(temporary, **vars(self))
        temporary.replace(path)


def read_bank(path: Path) -> Bank:
    """Reads what `Bank.write` wrote.

    Raises:
        TrainingError: if it is missing or of another layout.
    """
    try:
        with np.load(path) as arrays:
            return Bank(**{field.name: arrays[field.name] for field in fields(Bank)})
    except (OSError, EOFError, BadZipFile, KeyError, ValueError) as error:
        raise TrainingError(
            f"a bank must be made by `timbred-train fit bank`, not {path}: {error}"
        ) from error


def trunk_hash(encoder: RoleEncoder) -> str:
    """Eight hex digits that encoders share whose trunks are one, whatever was fitted behind them."""
    return weights_hash(encoder, without=HEADS)


def require_trunk(encoder: RoleEncoder, wanted: str, whose: str) -> None:
    """Raises:
    TrainingError: if what was made of a trunk meets another.
    """
    if (found := trunk_hash(encoder)) != wanted:
        raise TrainingError(f"{whose} must meet the trunk that they were made of, {wanted}, not {found}")


def join_banks(banks: Sequence[Bank]) -> Bank:
    """One bank of several; songs and stems are numbered through, and copies found among all.

    Raises:
        TrainingError: if their features are of different trunks, or a song is in two of them.
    """
    if len(banks) == 1:
        return banks[0]
    trunks = sorted({str(bank.trunk) for bank in banks})
    if len(trunks) > 1:
        raise TrainingError(f"banks must be of one trunk, not of {' and '.join(trunks)}")
    _refuse_repeated(banks)
    stems = max(bank.mix_has.shape[1] for bank in banks)
    variants = min(bank.shot_feature.shape[1] for bank in banks)
    joined: dict[str, np.ndarray] = {}
    songs = np.cumsum([0, *(len(bank.name) for bank in banks)])
    for field in fields(Bank):
        parts = [getattr(bank, field.name) for bank in banks]
        if field.name in ("shot_song", "mix_song", "query_song"):
            parts = [part + first for part, first in zip(parts, songs, strict=False)]
        elif field.name == "mix_has":
            parts = [np.pad(part, ((0, 0), (0, stems - part.shape[1]))) for part in parts]
        elif field.name == "shot_feature":
            parts = [part[:, :variants] for part in parts]
        joined[field.name] = parts[0] if field.name == "trunk" else np.concatenate(parts)
    joined["shot_copy"] = same_recordings(joined["shot_beginning"])
    return Bank(**joined)


def _refuse_repeated(banks: Sequence[Bank]) -> None:
    """Makes sure that no song counts twice: of one source and name, and with the same sounds."""
    seen: set[tuple[str, str, bytes]] = set()
    for bank in banks:
        mine = {
            (str(source), str(name), bank.shot_beginning[bank.shot_song == k].tobytes())
            for k, (source, name) in enumerate(zip(bank.source, bank.name, strict=True))
        }
        if repeated := sorted(name for _, name, _ in mine & seen):
            raise TrainingError(f"a song must be in one bank, and {len(repeated)} are in two: {repeated[0]}")
        seen |= mine


def make_bank(
    songs: SongSet,
    encoder: RoleEncoder,
    *,
    real_mixes: int,
    other_mixes: int,
    variants: int,
    ask_every: int = 1,
    seed: int = 0,
) -> Bank:
    """Draws and embeds all that training and its measures need.

    Args:
        songs: What to draw from.
        encoder: Whose trunk gives the features.
        real_mixes: Contexts drawn of each song whose sounds were chosen.
        other_mixes: Of each song with random sounds.
        variants: Changed versions of each one-shot, beside the unchanged.
        ask_every: Of so many songs, one asks questions; all are trained on.
        seed: Of all draws.

    Raises:
        TrainingError: if no sound of a song can be asked for: its parts never sound together.
    """
    rng, maker = np.random.default_rng(seed), _Features(encoder)
    shots = [shot_levels(rng, level, variants) for level in songs.shots]
    flat = maker.of([level for levels in shots for level in levels], "one-shots")
    lo_fi = maker.of([_shot(rng, level, BANDWIDTH_ONLY) for level in songs.shots], "one-shots, bandwidth cut")
    mixes, mix_song, mix_has = draw_mixes(rng, songs, real_mixes, other_mixes)
    mix_feature = maker.of(mixes, "contexts")
    queries, about = _draw_queries(rng, songs, ask_every)
    entries = songs.songs
    return Bank(
        np.array(trunk_hash(encoder)),
        np.array([entry.name for entry in entries]),
        np.array([entry.author for entry in entries]),
        np.array([entry.source for entry in entries]),
        np.array([entry.real for entry in entries]),
        songs.song,
        songs.stem,
        songs.role,
        songs.copy,
        beginnings(songs.shots),
        flat.reshape(len(songs.shots), variants + 1, -1),
        lo_fi,
        mix_feature,
        mix_song,
        mix_has,
        maker.of(queries, "queries"),
        *about,
    )


class _Features:
    """The encoder's pooled trunk, many levels at a time."""

    def __init__(self, encoder: RoleEncoder) -> None:
        self._encoder = encoder.eval()

    @torch.no_grad()
    def of(self, levels: Sequence[np.ndarray], title: str) -> np.ndarray:
        """Float16 `(len(levels), features)`; levels of a call are equally long."""
        found = []
        for begin in shown(range(0, len(levels), BATCH), title):
            batch = np.stack(levels[begin : begin + BATCH]).transpose(0, 2, 1)  # (batch, BANDS, t)
            features = self._encoder.gather(
                *self._encoder.trunk(relative_db(torch.from_numpy(batch.astype(np.float32))))
            )
            found.append(features.numpy().astype(np.float16))
        return np.concatenate(found)


def shot_levels(rng: np.random.Generator, level: np.ndarray, variants: int) -> list[np.ndarray]:
    """A one-shot's levels `(SHOT_COLUMNS, BANDS)` as it is, and then so many changed."""
    return [_shot(rng, level, UNCHANGED), *(_shot(rng, level, Changes()) for _ in range(variants))]


def _shot(rng: np.random.Generator, level: np.ndarray, changes: Changes) -> np.ndarray:
    power = power_of(level[:SHOT_COLUMNS])
    filled = np.pad(power, ((0, SHOT_COLUMNS - len(power)), (0, 0)))
    return changed(rng, filled, changes).astype(np.float16)


def draw_mixes(
    rng: np.random.Generator, songs: SongSet, real: int, other: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Random parts of songs: each stem is in with a chance that is drawn anew for each.

    Args:
        rng: Of all draws.
        songs: What to draw from.
        real: Contexts of each song whose sounds were chosen.
        other: Of each song with random sounds.

    Returns: levels `(WINDOW_COLUMNS, BANDS)` of each, its song `(n,)`, and its stems, bools `(n, stems)`.
    """
    levels: list[np.ndarray] = []
    whose: list[int] = []
    has = np.zeros((sum(real if s.real else other for s in songs.songs), _most_stems(songs)), dtype=bool)
    for k, song in enumerate(songs.songs):
        for _ in range(real if song.real else other):
            begin, sounding = _some_window(rng, songs, k)
            kept = sounding & (rng.random(len(sounding)) < rng.uniform(FEWEST_KEPT, 1.0))
            if sounding.any() and not kept.any():
                kept[rng.choice(np.flatnonzero(sounding))] = True
            has[len(levels), : len(kept)] = kept
            power = mix(rng, song, np.flatnonzero(kept), begin, Changes())
            levels.append(changed(rng, power, Changes()).astype(np.float16))
            whose.append(k)
    return levels, np.array(whose), has


def _draw_queries(
    rng: np.random.Generator, songs: SongSet, every: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Each stem with a one-shot is asked for where it sounds most: complete, in the mix, both lo-fi."""
    levels, rows = [], []
    for song, stem, role in np.unique(
        np.stack([songs.song, songs.stem, songs.role], axis=1), axis=0
    ).tolist():
        if song % every:
            continue
        begin = _loudest(songs.songs[song].stems[stem])
        sounding = set(np.flatnonzero(_sounding(songs, song, begin)).tolist())
        absent = songs.copies_in(song, stem)
        if stem not in sounding or not sounding - absent:
            continue
        for in_mix in (False, True):
            for lo_fi in (False, True):
                kept = sorted(sounding if in_mix else sounding - absent)
                power = mix(rng, songs.songs[song], kept, begin, UNCHANGED)
                levels.append(changed(rng, power, BANDWIDTH_ONLY if lo_fi else UNCHANGED).astype(np.float16))
                rows.append((song, stem, role, in_mix, lo_fi))
    if not rows:
        raise TrainingError("some song must have two parts that sound at once, and none has")
    return levels, [np.array(column) for column in zip(*rows, strict=True)]


def _sounding(songs: SongSet, song: int, begin: int) -> np.ndarray:
    """Which stems sound in the window that begins there, bools `(stems,)`."""
    parts = [stem[begin : begin + WINDOW_COLUMNS] for stem in songs.songs[song].stems]
    loudest = np.array([float(part.max()) if len(part) else -120.0 for part in parts])
    sounding: np.ndarray = loudest > max(loudest.max(), -60.0) + QUIETEST_DB
    return sounding


def _loudest(level: np.ndarray) -> int:
    """Where the window begins in which a stem has the most energy."""
    course = np.concatenate([[0.0], np.cumsum(power_of(level).sum(axis=1, dtype=np.float64))])
    last = max(1, len(course) - WINDOW_COLUMNS)
    return int((course[WINDOW_COLUMNS:] - course[:last]).argmax()) if last > 1 else 0


def _some_window(rng: np.random.Generator, songs: SongSet, song: int) -> tuple[int, np.ndarray]:
    """Where a random window begins, and which stems sound in it: none only where all draws are silent."""
    last = max(1, len(songs.songs[song].stems[0]) - WINDOW_COLUMNS)
    begin, sounding = 0, np.zeros(0, bool)
    for _ in range(MOST_DRAWS):
        begin = int(rng.integers(0, last))
        sounding = _sounding(songs, song, begin)
        if sounding.any():
            break
    return begin, sounding


def _most_stems(songs: SongSet) -> int:
    return max(len(song.stems) for song in songs.songs)
