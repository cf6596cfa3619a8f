"""Which models an add takes: all that are wanted for a new catalogue, an old one's own for an old one."""

from pathlib import Path

import pytest
from tiny_model import DIM, write_tiny_model

from timbred.catalog_models import encoders_to_add_with, wanted_encoders
from timbred.encoder import Encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with a timbre model and a fit model."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr("timbred.models.model_folders", lambda: (folder,))
    for space in ("timbre", "fit.sample"):
        write_tiny_model(folder / f"{space}.onnx", space=space, model_id=f"{space}-1")
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "catalog", mode="create")


def spaces(encoders: list[Encoder]) -> list[str]:
    return [encoder.space for encoder in encoders]


def test_a_new_catalogue_takes_all_wanted_models(installed: Path, catalogue: Catalogue) -> None:
    assert spaces(encoders_to_add_with(catalogue)) == ["timbre", "fit.sample"]


def test_one_from_before_the_fit_model_goes_on_without_it(installed: Path, catalogue: Catalogue) -> None:
    catalogue.declare_space("timbre", "timbre-1", DIM)
    assert spaces(wanted_encoders(catalogue)) == ["timbre", "fit.sample"]
    assert spaces(encoders_to_add_with(catalogue)) == ["timbre"]


def test_one_with_its_vectors_goes_on_with_it(installed: Path, catalogue: Catalogue) -> None:
    for space in ("timbre", "fit.sample"):
        catalogue.declare_space(space, f"{space}-1", DIM)
    assert spaces(encoders_to_add_with(catalogue)) == ["timbre", "fit.sample"]


def test_one_that_lacks_the_default_model_s_vectors_must_be_rebuilt(
    installed: Path, catalogue: Catalogue
) -> None:
    catalogue.declare_space("descriptors", "descriptors-1", DIM)
    with pytest.raises(CatalogError, match="has no timbre vectors: run 'timbred catalog rebuild"):
        encoders_to_add_with(catalogue)


@pytest.mark.parametrize("changed", ["timbre", "fit.sample"])
def test_one_of_another_model_s_vectors_must_be_rebuilt(
    installed: Path, catalogue: Catalogue, changed: str
) -> None:
    for space in ("timbre", "fit.sample"):
        catalogue.declare_space(space, "another-1" if space == changed else f"{space}-1", DIM)
    with pytest.raises(CatalogError, match=rf"{changed} vectors were made by another-1, not by {changed}-1"):
        encoders_to_add_with(catalogue)
