"""What the tests with Ardour share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ardour_engine import install
from ardour_place import Place, new_place

from timbred_catalogs.starter import write_demo_stems, write_starter_library


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """timbred's data folder with the starter library, catalogued."""
    data = tmp_path_factory.mktemp("starter")
    write_starter_library(data / "starter")
    with new_place(data) as place:
        place.timbred("catalog", "add", str(data / "starter"), seconds=120)
    return data


@pytest.fixture(scope="session")
def stems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo's song as stems, by the names of their tracks."""
    return write_demo_stems(tmp_path_factory.mktemp("stems"))


@pytest.fixture
def place(starter: Path) -> Iterator[Place]:
    """A place with the catalogued starter library."""
    with new_place(starter) as made:
        yield made


@pytest.fixture
def plugin(place: Place, plugin_folder: Path) -> str:
    """The built plugin's id, as Ardour found it in the place."""
    return install(place, plugin_folder / place.bundle.name)
