"""The head that tells a sound's role by its timbre vector: a softmax, fitted to kits and instruments whose
roles are known, and judged on kits and instruments that it was not fitted to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from timbred_training.errors import TrainingError
from timbred_training.fit.kits import Kit, find_kits, read_one_shot
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.note_table import decode, read_note_tables
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.sources.soundfont import DRUM_BANK, SoundFontSource

DRUMS = ("kick", "snare", "clap", "closed_hat", "open_hat", "tom", "cymbal", "percussion")
TONAL = (
    "bass",
    "keys",
    "organ",
    "guitar",
    "strings",
    "brass",
    "wind",
    "lead",
    "pad",
    "pluck",
    "mallet",
    "vocal",
    "effect",
)
ROLES = DRUMS + TONAL
# Families of the note tables that are not called as a role is; drums and percussion of synthesizers are left
# out, because their families do not say which drum.
FAMILY_ROLES = {"polysynth": "lead", "atmosphere": "pad", "bell": "mallet", "effects": "effect"}
# General MIDI's programs in eights; what varies inside an eight is left out.
PROGRAM_ROLES = (
    ("keys", range(8)),
    ("mallet", range(8, 15)),
    ("organ", range(16, 21)),
    ("guitar", range(24, 32)),
    ("bass", range(32, 40)),
    ("strings", range(40, 45)),
    ("pluck", range(45, 47)),
    ("strings", range(48, 52)),
    ("vocal", range(52, 55)),
    ("brass", range(56, 64)),
    ("wind", range(64, 80)),
    ("lead", range(80, 88)),
    ("pad", range(88, 96)),
    ("effect", range(96, 104)),
    ("pluck", range(104, 108)),
    ("effect", range(120, 128)),
)
SOUNDS_A_ROLE = 6
FOLDS = 5
PENALTY = 3e-4
# No role weighs more than this many times what its sounds are: four guitars don't stand for all.
HEAVIEST = 8.0


@dataclass(frozen=True)
class Labelled:
    """`vectors` (n, dim), `roles` (n,) rows of ROLES, `groups` (n,) the kit or instrument of each."""

    vectors: np.ndarray
    roles: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class Softmax:
    """`weight` (roles, dim), `bias` (roles,)."""

    weight: np.ndarray
    bias: np.ndarray

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """(n, roles) of vectors (n, dim)."""
        return np.asarray(vectors @ self.weight.T + self.bias)


def collect(
    model: Path, kits: Sequence[Path], notes: Sequence[Path], fonts: Sequence[Path], most_notes: int = 0
) -> Labelled:
    """Embeds everything whose role is known; `most_notes` of each role in the note tables, 0 for all.

    Raises:
        TrainingError: if a folder holds nothing of the kind.
    """
    encoder = OnnxEncoder(model)
    rows: list[tuple[np.ndarray, int, str]] = []
    for role, group, audio in _sounds(kits, notes, fonts, most_notes):
        window = audio[: round(encoder.window_seconds * encoder.sample_rate)]
        if np.abs(window).max(initial=0.0) > 0.0:
            rows.append((encoder(window).vector, ROLES.index(role), group))
    if not rows:
        raise TrainingError("a head for roles must have sounds to learn from: give kits or note tables")
    vectors, roles, groups = zip(*rows, strict=True)
    return Labelled(np.stack(vectors), np.array(roles), np.array(groups))


def _sounds(
    kits: Sequence[Path], notes: Sequence[Path], fonts: Sequence[Path], most_notes: int
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Role, group, and audio (frames,) at SAMPLE_RATE."""
    for folder in kits:
        for kit in find_kits(folder):
            yield from _of_kit(kit)
    for folder in notes:
        yield from _of_notes(folder, most_notes)
    for font in fonts:
        yield from _of_font(font)


def _of_kit(kit: Kit) -> Iterator[tuple[str, str, np.ndarray]]:
    for role, files in kit.files.items():
        for file in files[:: max(1, len(files) // SOUNDS_A_ROLE)][:SOUNDS_A_ROLE]:
            name = file.stem.lower()
            exact = ("open_hat" if "open" in name else "closed_hat") if role == "hat" else role
            if exact in DRUMS:
                yield exact, f"kit {kit.name}", read_one_shot(file)


def _of_notes(folder: Path, most: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """The reference notes of the instruments that may be learnt from."""
    taken: dict[str, int] = {}
    for note in read_note_tables(folder):
        role = FAMILY_ROLES.get(note.family, note.family)
        if not note.reference or note.split != "train" or role not in TONAL:
            continue
        if most and taken.get(role, 0) >= most:
            continue
        taken[role] = taken.get(role, 0) + 1
        yield role, f"note {note.instrument}", decode(note.audio, SAMPLE_RATE)


def _of_font(path: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """All notes of the presets of a General MIDI SoundFont."""
    import soxr

    source = SoundFontSource(path, path.stem, "")
    for instrument in source.instruments():
        bank, program = map(int, instrument.rsplit("_", 2)[1:])
        role = next((role for role, programs in PROGRAM_ROLES if program in programs), None)
        if role is None or bank >= DRUM_BANK:
            continue
        for note in source.render(instrument):
            yield role, f"font {instrument}", soxr.resample(note.audio, note.sample_rate, SAMPLE_RATE)


def fit(vectors: np.ndarray, roles: np.ndarray) -> Softmax:
    """The softmax of least cross-entropy with a ridge, rare roles weighing more than their number."""
    mean, scale = vectors.mean(axis=0), vectors.std(axis=0) + 1e-4
    x = (vectors - mean) / scale
    count = np.bincount(roles, minlength=len(ROLES))
    weigh = np.minimum(count.max() / np.maximum(count, 1), HEAVIEST)[roles]
    weigh = weigh / weigh.sum()
    wanted = np.eye(len(ROLES))[roles]
    shape = (len(ROLES), x.shape[1] + 1)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(shape)
        logits = x @ w[:, :-1].T + w[:, -1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        total = shares.sum(axis=1, keepdims=True)
        value = weigh @ (np.log(total[:, 0]) - (logits * wanted).sum(axis=1))
        error = weigh[:, None] * (shares / total - wanted)
        slope = np.concatenate([error.T @ x, error.sum(axis=0)[:, None]], axis=1)
        slope[:, :-1] += 2 * PENALTY * w[:, :-1]
        return float(value + PENALTY * np.square(w[:, :-1]).sum()), slope.ravel()

    found = minimize(loss, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    w = found.x.reshape(shape)
    weight = w[:, :-1] / scale
    # a role that was never shown must never be named
    bias = np.where(count > 0, w[:, -1] - weight @ mean, -1e4)
    return Softmax(weight, bias)


def held_out(labelled: Labelled) -> np.ndarray:
    """(n, roles) logits of each sound by a softmax that was fitted without its kit or instrument."""
    names = np.unique(labelled.groups)
    fold = {name: k % FOLDS for k, name in enumerate(np.random.default_rng(0).permutation(names))}
    folds = np.array([fold[group] for group in labelled.groups])
    logits = np.zeros((len(folds), len(ROLES)))
    for k in range(FOLDS):
        mine = folds == k
        if mine.any() and not mine.all():
            logits[mine] = fit(labelled.vectors[~mine], labelled.roles[~mine]).logits(labelled.vectors[mine])
    return logits


def sureness(logits: np.ndarray, roles: np.ndarray) -> float:
    """What logits are to be multiplied with, so that of those called 80 % sure 80 % are right.

    Guo et al., On calibration of modern neural networks (ICML 2017): one number, on sounds held out.
    """

    def loss(factor: float) -> float:
        scaled = factor * logits
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float((total - scaled[np.arange(len(roles)), roles]).mean())

    return float(min(np.geomspace(0.1, 3.0, 60).tolist(), key=loss))


def write_head(path: Path, head: Softmax, model_id: str, space: str = "timbre") -> None:
    """One file that names the model whose vectors it takes; whole or not at all."""
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as file:
        np.savez(
            file,
            space=np.array(space),
            model_id=np.array(model_id),
            roles=np.array(ROLES),
            weight=head.weight.astype(np.float32),
            bias=head.bias.astype(np.float32),
        )
    partial.replace(path)
