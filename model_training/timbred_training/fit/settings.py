"""The settings of one training of the fit model, read from TOML; an unknown key is an error."""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from timbred_training.errors import TrainingError
from timbred_training.settings import Ranges, refuse_out_of_range

MANY = 1e6
RANGES: Ranges = {
    "seed": (0, 2**31),
    "steps": (1, MANY),
    "batch": (2, MANY),
    "components": (2, MANY),
    "hidden": (1, MANY),
    "dropout": (0, 0.95),
    "temperature": (1e-3, 10),
    "gamma": (0, MANY),
    "delta": (0, MANY),
    "eta": (0, MANY),
    "real_share": (0, 1),
    "absent_share": (0, 1),
    "any_share": (0, 1),
    "learning_rate": (0, 1),
    "weight_decay": (0, MANY),
    "members": (1, 1000),
    "threads": (1, 1024),
}


@dataclass(frozen=True)
class FitSettings:
    """What one run trains; `configs/fit.toml` explains each key."""

    seed: int = 1
    hold_out: tuple[str, ...] = ()
    steps: int = 150
    batch: int = 96
    components: int = 96
    hidden: int = 64
    dropout: float = 0.5
    temperature: float = 0.15
    gamma: float = 1.0
    delta: float = 0.1
    eta: float = 0.1
    real_share: float = 0.6
    absent_share: float = 0.7
    any_share: float = 0.1
    learning_rate: float = 3e-4
    weight_decay: float = 0.1
    members: int = 1
    threads: int = 2


def load_fit_settings(path: Path) -> FitSettings:
    """Reads settings from a TOML file.

    Raises:
        TrainingError: for a file that is missing or no TOML, and for unknown keys.
    """
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TrainingError(f"settings must be a readable TOML file, not {path}: {error}") from error
    return fit_settings_from(values)


def fit_settings_from(values: dict[str, object]) -> FitSettings:
    """Makes settings of plain values; lists become tuples.

    Raises:
        TrainingError: for unknown keys and for values of another type or out of range.
    """
    known = {field.name: field for field in fields(FitSettings)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise TrainingError(f"settings must be of {sorted(known)}, not {unknown}")
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in plain.items():
        default = known[name].default
        assert default is not MISSING
        if not isinstance(value, (int, float) if isinstance(default, float) else type(default)):
            raise TrainingError(f"{name} must be of the type of {default!r}, not {value!r}")
    settings = FitSettings(**plain)  # type: ignore[arg-type]
    refuse_out_of_range(settings, RANGES)
    return settings
