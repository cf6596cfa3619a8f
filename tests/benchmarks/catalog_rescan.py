"""What a second `timbred catalog add` of an unchanged library costs, beside a bare listing of its files.

    python tests/benchmarks/catalog_rescan.py --files 1000 100000

The files are empty but for their number and were never read: the catalogue's rows say that they were.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from catalog_rows import SPACE, rows, sound_id
from catalog_ways import alone, peak_mb, timed

from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.ingest import ingest
from timbred_catalogs.rows import files_table, vectors_array
from timbred_catalogs.sound import KnownFile
from timbred_catalogs.upkeep import tidy

DIM = 192
FILES_A_FOLDER = 200


def write_library(folder: Path, count: int) -> list[Path]:
    """`count` files, as many to a folder as packs have."""
    paths = []
    for number in range(count):
        place = folder / f"Pack {number // FILES_A_FOLDER}"
        if number % FILES_A_FOLDER == 0:
            place.mkdir(parents=True)
        path = place / f"sound {number}.wav"
        path.write_bytes(str(number).encode())
        paths.append(path)
    return paths


def write_catalogue(address: Path, paths: Sequence[Path]) -> None:
    """As a run over these files leaves it."""
    catalogue = Catalogue.open(address, mode="create")
    space = catalogue.declare_space(SPACE, "rescan", DIM)
    vectors = np.random.default_rng(1).standard_normal((len(paths), DIM), np.float32)
    place = schema.SOUNDS.get_field_index("path")
    table = rows(0, len(paths)).set_column(place, schema.SOUNDS.field("path"), pa.array(map(str, paths)))
    field = pa.field(space.column, schema.vector_type(DIM))
    catalogue.tables.sounds.add(table.append_column(field, vectors_array(vectors)))
    known = {}
    for number, path in enumerate(paths):
        status = path.stat()
        known[str(path)] = KnownFile(sound_id(number), status.st_size, status.st_mtime_ns)
    catalogue.tables.files.add(files_table(known))
    tidy(catalogue)


def rescan(address: str, folder: str) -> tuple[float, str, float]:
    """Seconds, what the run says, and the most memory that it held."""
    catalogue = Catalogue.open(address, mode="write")
    said: list[str] = []
    seconds = timed(lambda: said.append(ingest(catalogue, [folder], []).sentence()))
    return seconds, said[0], peak_mb()


def listing(folder: str) -> tuple[float, float]:
    """Seconds of looking at every file, with nothing to compare it with."""

    def look() -> None:
        for root, _, names in os.walk(folder):
            for name in names:
                Path(root, name).stat()

    return timed(look), peak_mb()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 100_000])
    settings = parser.parse_args()
    print("| unchanged files | rescan | peak | listing alone | peak | what the run says |")
    print("|---|---|---|---|---|---|", flush=True)
    for count in settings.files:
        with tempfile.TemporaryDirectory() as work:
            folder, address = Path(work) / "Samples", Path(work) / "catalog"
            write_catalogue(address, write_library(folder, count))
            bare, bare_mb = alone(listing, str(folder))
            seconds, said, megabytes = alone(rescan, str(address), str(folder))
        measured = f"{seconds:.2f} s | {megabytes:,.0f} MB | {bare:.2f} s | {bare_mb:,.0f} MB"
        print(f"| {count:,} | {measured} | {said} |", flush=True)


if __name__ == "__main__":
    main()
