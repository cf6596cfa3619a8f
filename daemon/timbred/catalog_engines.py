"""What `timbred catalog add` prepares files with: threads here, or the workers of a Ray cluster."""

import os
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timbred_catalogs.engines import MakeEngine


class EngineName(StrEnum):
    """The engines by the names that the command line knows them by."""

    THREADS = "threads"
    RAY = "ray"


def chosen_engine(name: EngineName, workers: int, ray_address: str) -> "MakeEngine":
    """The engine of that name; 0 workers are one for each core of this machine."""
    count = workers or os.cpu_count() or 1
    if name is EngineName.RAY:
        from timbred_catalogs.ray_engine import RayWorkers

        return partial(RayWorkers, workers=count, address=ray_address)
    from timbred_catalogs.engines import Threads

    return partial(Threads, workers=count)
