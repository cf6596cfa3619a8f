"""Settings files: what is read, and what is refused."""

import re
from pathlib import Path

import pytest

from timbred_training.errors import TrainingError
from timbred_training.fit.settings import load_fit_settings
from timbred_training.settings import load_settings, settings_from

CONFIGS = Path(__file__).parents[2] / "model_training" / "configs"
FIT = set(CONFIGS.glob("fit*.toml"))  # of the fit model, whose settings are others


@pytest.mark.parametrize("path", sorted(set(CONFIGS.glob("*.toml")) - FIT), ids=lambda path: path.stem)
def test_every_shipped_config_can_be_read(path: Path) -> None:
    assert load_settings(path).name


def test_lists_become_tuples() -> None:
    assert settings_from({"name": "x", "data": ["a", "b"], "widths": [8, 16]}).widths == (8, 16)


def test_unknown_and_missing_keys_are_told_together() -> None:
    with pytest.raises(TrainingError, match=r"unknown=\['learning_rat'\] missing=\['data'\]"):
        settings_from({"name": "x", "learning_rat": 1.0})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("single_losses", ["nce"]),
        ("mixture_loss", "info_nce"),
        ("instruments", 12),
        ("mixture_columns", 200),
        ("mixtures", 24),  # as many as trios
        ("widths", [8]),
        ("variant_share", 0.95),
    ],
)
def test_a_value_out_of_its_range_is_refused(key: str, value: object) -> None:
    with pytest.raises(TrainingError, match=key):
        settings_from({"name": "x", "data": ["a"], key: value})


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("steps", 0, "1..1e+12"),
        ("seed", -1, "0..2.14748e+09"),
        ("learning_rate", float("nan"), "0..1"),
        ("learning_rate", -0.1, "0..1"),
        ("dropout", 1.0, "0..0.95"),
        ("threads", 0, "1..1024"),
        ("dim", 0, "1..1e+12"),
        ("questions", 0, "1..1e+12"),
        ("ema_decay", 1.5, "0..1"),
        ("score_share", 1.1, "0..1"),
        ("chords", -0.5, "0..1"),
        ("nce_scale", 0, "0.001..1000"),
        ("weight_decay", float("inf"), "0..1e+12"),
        ("single_columns", 7, "8..1e+12"),
        ("takes", 0, "1..1e+12"),
        ("seconds", -1, "0..1e+12"),
    ],
)
def test_a_number_is_in_its_range(key: str, value: float, rule: str) -> None:
    with pytest.raises(TrainingError, match=f"^{re.escape(f'{key} must be {rule}, not {value}')}$"):
        settings_from({"name": "x", "data": ["a"], key: value})


@pytest.mark.parametrize("sizes", [[], [0, 16], [-8, 16]])
def test_an_encoder_has_stages_of_channels(sizes: list[int]) -> None:
    for widths, depths in ((sizes, [1] * len(sizes)), ([8] * len(sizes), sizes)):
        with pytest.raises(TrainingError, match="widths and depths must be of a stage at least"):
            settings_from({"name": "x", "data": ["a"], "widths": widths, "depths": depths})


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("steps", "3", "a whole number, not '3'"),
        ("steps", 3.5, r"a whole number, not 3\.5"),
        ("threads", True, "a whole number, not True"),
        ("learning_rate", "fast", "a number, not 'fast'"),
        ("scores", 1, "a string, not 1"),
        ("data", "x.lance", r"a list of strings, not 'x\.lance'"),
        ("data", [1], r"a list of strings, not \[1\]"),
        ("widths", [64, 192.0], r"a list of whole numbers, not \[64, 192\.0\]"),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: object, kind: str) -> None:
    with pytest.raises(TrainingError, match=f"^{key} must be {kind}$"):
        settings_from({"name": "x", "data": ["a"], key: value})


def test_a_whole_number_is_a_number() -> None:
    assert settings_from({"name": "x", "data": ["a"], "seconds": 60}).seconds == 60


def test_several_takes_need_mixtures_that_are_not_compared_with_each_other() -> None:
    plain = {"name": "x", "data": ["a"], "takes": 2}
    assert settings_from(plain).takes == 2
    with pytest.raises(TrainingError, match=r"takes must be 1 .*info_nce:full"):
        settings_from(plain | {"mixture_loss": "info_nce:full"})


def test_only_the_timbre_objective_has_a_share_of_variants() -> None:
    held = {"name": "x", "data": ["a"], "objective": "held", "single_run": "run", "singles": 8}
    assert settings_from(held).variant_share == 0.0
    with pytest.raises(TrainingError, match=r"variant_share must be .* not 0\.2 for held"):
        settings_from(held | {"variant_share": 0.2})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.toml"):
        load_settings(tmp_path / "none.toml")


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes("name = 'gr\u00fcn'".encode("latin-1"))
    for load in (load_settings, load_fit_settings):
        with pytest.raises(TrainingError, match=r"readable TOML file, not .*x\.toml"):
            load(tmp_path / "x.toml")
