"""The same run on two local Ray workers, into object storage, gives the same catalogue."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from timbred.models import default_encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.engines import Work
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.ray_engine import RayWorkers
from timbred_catalogs.summary import Summary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILES, COPIES = 40, 4


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket on a server of this machine."""
    pytest.importorskip("moto.server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    for name, value in {
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "a key",
        "AWS_SECRET_ACCESS_KEY": "a secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        _answered(urllib.request.Request(f"{endpoint}/sounds", method="PUT"))
        yield "s3://sounds/catalog"
    finally:
        server.terminate()
        server.wait()


def _answered(request: urllib.request.Request) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(request).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(request.full_url)


def _rows(catalogue: Catalogue) -> dict[str, tuple[str, np.ndarray]]:
    sounds = list(catalogue.sounds())
    vectors = catalogue.vectors("descriptors", [sound.id for sound in sounds])
    return {sound.id: (sound.path, vector) for sound, vector in zip(sounds, vectors, strict=True)}


def _rows_came_here(*_: object) -> None:
    raise AssertionError("the workers write their rows themselves")


def test_ray_workers_fill_a_bucket_as_threads_fill_a_folder(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    folder = tmp_path / "sounds"
    folder.mkdir()
    rng = np.random.default_rng(5)
    for number in range(FILES):
        sf.write(folder / f"{number}.wav", rng.normal(0, 0.1, 4000), 32_000)
    for number in range(0, FILES, 13):  # their copies are in other workers' chunks
        shutil.copy2(folder / f"{number}.wav", folder / f"z {number}.wav")
    (folder / "broken.wav").write_bytes(b"RIFF")
    embedders = [default_encoder("descriptors")]
    engine = partial(RayWorkers, workers=2)
    far = Catalogue.open(bucket, mode="create")
    near = Catalogue.open(tmp_path / "catalog", mode="create")

    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "add", _rows_came_here)
        summary = ingest(far, [folder], embedders, engine=engine)

    assert summary == ingest(near, [folder], embedders)
    assert (summary.added, summary.copies, summary.unreadable) == (FILES, COPIES, 1)
    there, here = _rows(far), _rows(near)
    assert there.keys() == here.keys()
    for sound_id, (path, vector) in there.items():
        # Which of two copies is met first is chance.
        assert Path(path).name.removeprefix("z ") == Path(here[sound_id][0]).name.removeprefix("z ")
        np.testing.assert_allclose(vector, here[sound_id][1], atol=1e-6)
    again = ingest(Catalogue.open(bucket, mode="write"), [folder], embedders, engine=engine)
    assert again == Summary(unchanged=FILES + COPIES, unreadable=1)


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:1", r"no Ray cluster at 127\.0\.0\.1:1"), ("cluster", "must be HOST:PORT, not cluster")],
)
def test_a_cluster_that_does_not_answer_is_named(address: str, said: str) -> None:
    pytest.importorskip("ray")
    work = Work(Catalogue.open("memory://", mode="create"), set(), [])
    with pytest.raises(CatalogError, match=said):
        RayWorkers(work, workers=1, address=address)
