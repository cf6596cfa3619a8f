"""Prints what was measured of the fit model."""

from itertools import product

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from timbred_training.fit.measure import KINDS, MODES, Measured
from timbred_training.fit.ranking import FIRST, difference
from timbred_training.retrieval import rate

ASKED = {"drums": True, "instruments": False}


def print_measured(name: str, measured: Measured, console: Console) -> None:
    """One table for drums, one for instruments, and the kits' line.

    Intervals are of 95 %, by drawing whole songs again, and of a single song its questions; the kits' is over
    songs.
    """
    name = escape(name)
    for title, drums in ASKED.items():
        rows = measured.rows(drums)
        if not rows:
            continue
        table = Table(title=f"{name}: {title}")
        table.add_column("", no_wrap=True)
        headings = ("asked", "median rank", *(f"R@{k}" for k in FIRST), "by chance")
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        for row in rows:
            median = f"{row.median:.3f} [{row.median_low:.3f}, {row.median_high:.3f}]"
            found = [f"{one.percent:.0f} [{one.low:.0f}, {one.high:.0f}]" for one in row.found]
            table.add_row(row.name, str(row.questions), median, *found, f"{row.chance:.0f}")
        console.print(table)
    for kind, values in measured.kits.items():
        auc = rate(values, np.arange(len(values)))
        console.print(f"{name}: own kit told from another song's, {kind}: AUC {auc} %, {len(values)} songs")


def print_gains(fit: Measured, others: dict[str, Measured], console: Console) -> None:
    """How much lower the fit model ranks the same questions than each other judge, on average.

    The questions of all are the same, in the same order.
    """
    asked = fit.asked
    for name, other in others.items():
        kinds = product(ASKED.items(), KINDS.items(), MODES)
        for (title, drums), (kind, real), (mode, in_mix, lo_fi) in kinds:
            keep = (fit.real == real) & (asked.drums == drums)
            keep &= (asked.in_mix == in_mix) & (asked.lo_fi == lo_fi) & fit.ranks.contested
            if keep.any():
                mine, theirs = fit.normalised[keep], other.normalised[keep]
                mean, low, high = difference(mine, theirs, asked.song[keep])
                gain = f"{mean:.3f} [{low:.3f}, {high:.3f}]"
                console.print(f"gain over {escape(name)}, {title}, {kind}, {mode}: {gain}")
