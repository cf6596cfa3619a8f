"""How often a timbre model finds each of five instruments that play at once, through a mix bus.

    python tests/benchmarks/dense_mixtures.py MODEL.onnx [OTHER.onnx] --data NOTES --split valid

A mixture is a bass, a lead, a percussion, keys and a pad, 8 s each of notes that are no reference, up to
12 dB apart; three in ten pass a lossy codec. Each role is asked among its families' references. Every
instrument weighs the same, and intervals of 95 % are over instruments. Of a second model the differences to
the first are told too, instrument by instrument. `--data` may be repeated.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from timbred_training.bus import coded, draw_bus
from timbred_training.database import Database, embed_references
from timbred_training.errors import TrainingError
from timbred_training.mixture_lines import ROLE_FAMILIES, draw_line
from timbred_training.mixture_questions import Pools, pools_of, vector_for
from timbred_training.note_table import decoded, read_note_tables
from timbred_training.onnx_encoder import OnnxEncoder

FAMILIES = {**ROLE_FAMILIES, "keys": ("keys", "organ"), "pad": ("pad", "atmosphere")}
SECONDS = 8.0
LEVELS_DB = (-8.0, 4.0)
CODED = 0.3
FIRST = (1, 5)
RESAMPLES = 2000

Ranks = dict[str, dict[str, list[int]]]


def main() -> None:
    """Asks the same mixtures of each model, and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL.onnx")
    parser.add_argument("--data", type=Path, action="append", required=True, help="note tables")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--mixtures", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    notes = read_note_tables(*given.data)
    references = [note for note in notes if note.reference and note.fx]
    queries = [note for note in notes if not note.reference and note.fx and note.split == given.split]
    encoders = [OnnxEncoder(path) for path in given.models]
    rates = sorted({encoder.sample_rate for encoder in encoders})
    if len(rates) > 1:
        raise TrainingError(f"models that hear the same mixtures must be of one sample rate, not {rates}")
    known = {(note.instrument, note.family) for note in references}
    found = [note for note in queries if (note.instrument, note.family) in known]
    pools = pools_of(decoded(found, rates[0]), FAMILIES)
    if empty := [role for role, pool in pools.items() if not pool]:
        raise TrainingError(
            f"the split must hold an instrument with a reference for each role; none for {empty}"
        )
    asked: list[Ranks] = []
    for encoder in encoders:
        database = embed_references(encoder, references)
        rng = np.random.default_rng(given.seed)
        asked.append(ranks(encoder, database, pools, given.mixtures, rng))
        print(f"{encoder.model_id}: {given.mixtures} mixtures, split {given.split}, seed {given.seed}")
        for role, places in asked[-1].items():
            print(f"{role:12}{len(places):5} instruments  {shares(places)}")
        if len(asked) > 1:
            for role in FAMILIES:
                print(f"{role:12} difference to the first  {shares(asked[-1][role], asked[0][role])}")


def ranks(
    encoder: OnnxEncoder, database: Database, pools: Pools, count: int, rng: np.random.Generator
) -> Ranks:
    """At which place, from 0, each instrument of each role stood whenever it played."""
    found: Ranks = {role: defaultdict(list) for role in FAMILIES}
    entries = {role: database.of(families) for role, families in FAMILIES.items()}
    for _ in range(count):
        playing, audio = draw_dense(pools, encoder.sample_rate, rng)
        answer = encoder(audio)
        for role, instrument in playing.items():
            scores = entries[role].vectors @ vector_for(encoder, answer, role)
            own = scores[entries[role].instruments == instrument].max()
            found[role][instrument].append(int((scores > own).sum()))
    return found


def draw_dense(pools: Pools, sample_rate: int, rng: np.random.Generator) -> tuple[dict[str, str], np.ndarray]:
    """One instrument a role and what is heard of them, mono `(frames,)`."""
    total = np.zeros(int(SECONDS * sample_rate), np.float32)
    playing = {}
    for role, pool in pools.items():
        playing[role] = sorted(pool)[int(rng.integers(len(pool)))]
        line = draw_line(pool[playing[role]], len(total), rng)
        loudness = np.sqrt(np.mean(line**2)) + 1e-9
        total += np.float32(10 ** (rng.uniform(*LEVELS_DB) / 20) / loudness) * line
    heard = draw_bus(rng)(0.6 * total[None] / np.abs(total).max(), sample_rate)[0]
    return playing, coded(heard / max(1.0, float(np.abs(heard).max())), sample_rate, rng, chance=CODED)


def shares(found: dict[str, list[int]], first: dict[str, list[int]] | None = None) -> str:
    """Percent first and among the first five, with intervals; less those of another model, where given."""
    said = []
    for most in FIRST:
        mean = np.array([np.mean(np.less(places, most)) for places in found.values()])
        if first is not None:
            mean -= [np.mean(np.less(first[instrument], most)) for instrument in found]
        drawn = np.random.default_rng(0).integers(0, len(mean), (RESAMPLES, len(mean)))
        low, high = np.percentile(mean[drawn].mean(axis=1), [2.5, 97.5])
        said.append(f"top-{most} {100 * mean.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    return "  ".join(said)


if __name__ == "__main__":
    main()
