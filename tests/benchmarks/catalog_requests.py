"""Requests to object storage: of a cluster worker's write, of the commit, of the ledger, of opening.

    python tests/benchmarks/catalog_requests.py

Counted by moto's S3 server on loopback.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from catalog_rows import SPACE, rows, sound_id

from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.fragments import commit_fragments, write_fragments
from timbred_catalogs.rows import files_table, vectors_array
from timbred_catalogs.sound import KnownFile

DIM, ROWS, ROUNDS = 192, 512, 3
STEPS = ("a worker's write", "the commit", "the ledger's commit", "opening a catalogue")
REQUEST = re.compile(r'"(GET|PUT|HEAD|POST|DELETE) (\S+) ')


@contextmanager
def storage(log: Path) -> Iterator[str]:
    """The address of an empty bucket; each request is a line of `log`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    os.environ |= {"AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "a key", "AWS_SECRET_ACCESS_KEY": "a secret"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            make_bucket(urllib.request.Request(f"{endpoint}/sounds", method="PUT"))
            yield "s3://sounds/catalog"
        finally:
            server.terminate()
            server.wait()


def make_bucket(request: urllib.request.Request) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(request).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(request.full_url)


def requests(log: Path) -> Counter[str]:
    """How many of each kind there were up to now; a list is a GET that is priced as a PUT."""
    found = REQUEST.findall(log.read_text())
    return Counter("LIST" if "list-type" in path else kind for kind, path in found)


def spent(catalogue: Catalogue, first: int, log: Path) -> dict[str, Counter[str]]:
    """The requests of each step, from new rows to a ledger that knows their files."""
    uri, space = str(catalogue.tables.sounds.uri), catalogue.tables.spaces()[SPACE]
    vectors = vectors_array(np.random.default_rng(first).standard_normal((ROWS, DIM)))
    field = pa.field(space.column, schema.vector_type(DIM))
    new = rows(first, ROWS).append_column(field, vectors)
    files = {f"/{number}.wav": KnownFile(sound_id(number), 1, 1) for number in range(first, first + ROWS)}
    seen = [requests(log)]
    fragments = write_fragments(uri, new)
    seen.append(requests(log))
    commit_fragments(uri, fragments)
    seen.append(requests(log))
    catalogue.tables.files.add(files_table(files))
    seen.append(requests(log))
    Catalogue.open(catalogue.tables.address)
    seen.append(requests(log))
    return {step: after - before for step, before, after in zip(STEPS, seen, seen[1:], strict=False)}


def main() -> None:
    with tempfile.TemporaryDirectory() as work, storage(Path(work) / "log") as address:
        catalogue = Catalogue.open(address, mode="create")
        catalogue.declare_space(SPACE, "requests", DIM)
        for first in range(ROUNDS):  # the first ones also find out where things are
            spent(catalogue, ROWS * first, Path(work) / "log")
        counted = spent(catalogue, ROWS * ROUNDS, Path(work) / "log")
    print("| step | PUT | LIST | GET |\n|---|---|---|---|")
    for step, kinds in counted.items():
        print(f"| {step} | {kinds['PUT']} | {kinds['LIST']} | {kinds['GET']} |")


if __name__ == "__main__":
    main()
