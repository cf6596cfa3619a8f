"""A toy run on two processes whose clocks differ: `python toy_two_processes.py DATA RUN NOTED`.

Each process appends to NOTED, a folder: a line a step with its number, its rate and what the device draws.
"""

import itertools
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from lightning.fabric import Fabric
from toy_settings import TOY

import timbred_training.train as training
from timbred_training.objective import total
from timbred_training.settings import Settings

SECONDS = 30.0  # of clocks that go on by so much each time they are read


def main(data: str, run: Path, noted: Path) -> None:
    """Trains until the first process's clock says so."""
    rank = int(os.environ.get("LOCAL_RANK", "0"))
    rates = []

    def rate_of(settings: Settings, step: int, progress: float) -> float:
        rates.append((step, rate(settings, step, progress)))
        return rates[-1][1]

    def total_of(parts: dict[str, torch.Tensor]) -> torch.Tensor:
        with torch.random.fork_rng(), (noted / f"{rank}.jsonl").open("a") as file:
            file.write(json.dumps([*rates[-1], float(torch.rand(1))]) + "\n")
        return total(parts)

    rate = training.learning_rate
    ticks = itertools.count(step=1 + rank)
    changed: dict[str, Any] = {
        "Fabric": lambda **_: Fabric(accelerator="cpu", devices=2, strategy="ddp"),
        "time": SimpleNamespace(time=lambda: float(next(ticks))),
        "learning_rate": rate_of,
        "total": total_of,
    }
    with patch.multiple(training, **changed):
        training.train(replace(TOY, data=(data,), steps=1000, seconds=SECONDS), run)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
