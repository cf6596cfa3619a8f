"""How steady lists are: what the top 10 of two neighbouring 4 s windows of one song have in common.

    python tests/benchmarks/live_stability.py SONG [--space timbre] [--catalog ADDRESS]

`windows`: each window by itself, among all sounds. `per slot`: the same, by what the encoder hears of each
slot's role, among its roles. `live`: the slots of the daemon's own lists, 4 s apart, with pooling over the
context and with the list's steadiness.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
import soxr

from timbred import models
from timbred.cli_config import configured
from timbred.encoder import Encoder
from timbred.library import Library
from timbred.listen import listen
from timbred.pool import Heard
from timbred.rank import Row
from timbred.search import search
from timbred.settings import ContextLength, Settings
from timbred.slots import SLOTS, chosen
from timbred_catalogs.roles import ROLES

WINDOW_SECONDS = 4.0
TOP = 10


def windows(path: Path, encoder: Encoder) -> list[np.ndarray]:
    """The song's windows that are not silent, mono at the encoder's rate."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(audio.mean(axis=1), rate, encoder.sample_rate)
    frames = round(WINDOW_SECONDS * encoder.sample_rate)
    cut = [mono[start : start + frames] for start in range(0, len(mono) - frames + 1, frames)]
    return [window for window in cut if np.sqrt(np.mean(window**2)) > 1e-3]


def common(lists: list[set[str]]) -> float:
    """Mean share of a list that the next one has too."""
    shares = [len(one & other) / max(1, len(one)) for one, other in pairwise(lists) if one]
    return float(np.mean(shares)) if shares else float("nan")


def slot_ids(rows: tuple[Row, ...], slot: str) -> set[str]:
    """The sounds of a slot."""
    return {row.sound.id for row in rows if row.slot == slot and row.sound}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("song", type=Path)
    parser.add_argument("--space")
    parser.add_argument("--catalog", default="")
    arguments = parser.parse_args()
    config = configured(arguments.catalog)
    encoder = models.default_encoder(arguments.space)
    library = Library(models.catalog_address(config), encoder.space, encoder.model_id)
    library.refresh()
    heard = []
    for window in windows(arguments.song, encoder):
        whole, by_role = encoder.embed_with_roles(window)
        heard.append(
            Heard(whole, dict(zip(encoder.roles, by_role if by_role is not None else [], strict=True)))
        )
    everything = [{h.sound.id for h in library.search(one.whole, ROLES, TOP)} for one in heard]
    settings = Settings(context=ContextLength("seconds", 8.0))
    slots = chosen(())
    found = [search(library, one, slots, settings) for one in heard]
    per_slot = [
        common([{hit.sound.id for hit in one[number].hits[:TOP]} for one in found])
        for number in range(len(slots))
    ]
    wide = Settings(context=settings.context, counts={slot.name: TOP for slot in SLOTS})
    moments = list(listen(arguments.song, config, wide, space=arguments.space, every_seconds=WINDOW_SECONDS))
    live = [common([slot_ids(m.rows, slot.name) for m in moments if not m.silent]) for slot in slots]
    print(f"{encoder.model_id}, {library.stock.sounds} sounds, {len(heard)} windows of {arguments.song.name}")
    print(f"windows   {common(everything):.2f}   (to reach: 0.6)")
    print(f"per slot  {np.nanmean(per_slot):.2f}")
    print(f"live      {np.nanmean(live):.2f}")


if __name__ == "__main__":
    main()
