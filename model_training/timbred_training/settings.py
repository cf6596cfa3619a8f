"""The settings of one training run, read from TOML; an unknown key is an error."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from timbred_training.encoder import END_COLUMNS
from timbred_training.errors import TrainingError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OBJECTIVES = {"timbre", "held", "multi", "masks"}
NEED_SINGLE_RUN = {"held", "multi"}
ENCODERS = {"live", "ast"}
SINGLE_LOSSES = {"triplet", "info_nce", "instruments", "families"}
MIXTURE_LOSSES = {
    f"{loss}:{relation}"
    for loss in ("info_nce", "triplet")
    for relation in ("one_way", "anchored", "symmetric", "full")
}
MOST_VARIANTS = 0.9  # only the others teach their learned vectors
Ranges = Mapping[str, tuple[float, float]]
MANY = 1e12
SHARE = (0, 1)
FEWEST_COLUMNS = 8  # a note begins up to 7 columns late
RANGES: Ranges = {
    **dict.fromkeys(("steps", "takes", "questions", "expansion", "role_expansion", "dim"), (1, MANY)),
    **dict.fromkeys(("ast_width", "ast_layers", "ast_heads", "ast_patch", "ast_stride"), (1, MANY)),
    **dict.fromkeys(("instruments", "singles", "trios", "mixtures", "warmup_steps"), (0, MANY)),
    **dict.fromkeys(("seconds", "checkpoint_seconds", "evaluate_seconds"), (0, MANY)),
    **dict.fromkeys(("single_columns", "mixture_columns"), (FEWEST_COLUMNS, MANY)),
    **dict.fromkeys(("level_spread_db", "tilt_db", "bump_db"), (0, 120)),
    **dict.fromkeys(("low_pass_chance", "noise_chance", "bus_chance", "chords"), SHARE),
    **dict.fromkeys(("score_share", "kit_share", "prepared_share"), SHARE),
    **dict.fromkeys(("freeze_norms_from", "learning_rate", "ema_decay"), SHARE),
    **dict.fromkeys(("weight_decay", "class_weight", "mixture_weight", "role_weight"), (0, MANY)),
    **dict.fromkeys(("nce_scale", "class_scale"), (1e-3, 1e3)),
    "seed": (0, 2**31),
    "dropout": (0, 0.95),
    "margin": (0, 2),
    "threads": (1, 1024),
}
KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a string",
    tuple[int, ...]: "a list of whole numbers",
    tuple[str, ...]: "a list of strings",
}


@dataclass(frozen=True)
class Settings:
    """What one run trains, on what and for how long; `docs/training.md` explains what one chooses by."""

    name: str
    data: tuple[str, ...]
    seed: int = 1
    steps: int = 3000
    seconds: float = 0.0
    instruments: int = 120
    singles: int = 0
    trios: int = 24
    mixtures: int = 44
    takes: int = 1
    questions: int = 104
    single_columns: int = 116
    mixture_columns: int = 244
    level_spread_db: float = 15.0
    tilt_db: float = 6.0
    bump_db: float = 2.5
    low_pass_chance: float = 0.05
    noise_chance: float = 0.7
    widths: tuple[int, ...] = (64, 192)
    depths: tuple[int, ...] = (2, 5)
    expansion: int = 2
    role_expansion: int = 2
    dim: int = 192
    dropout: float = 0.1
    freeze_norms_from: float = 0.9
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup_steps: int = 100
    ema_decay: float = 0.99
    nce_scale: float = 14.0
    margin: float = 0.3
    class_scale: float = 20.0
    class_weight: float = 0.5
    single_losses: tuple[str, ...] = ("info_nce", "instruments")
    mixture_loss: str = "info_nce:one_way"
    mixture_weight: float = 0.3
    role_weight: float = 1.0
    threads: int = 2
    checkpoint_seconds: float = 180.0
    evaluate_seconds: float = 600.0
    encoder: str = "live"
    ast_width: int = 192
    ast_layers: int = 6
    ast_heads: int = 3
    ast_patch: int = 16
    ast_stride: int = 10
    ast_weights: str = ""
    objective: str = "timbre"
    single_run: str = ""
    scores: str = ""
    score_share: float = 0.5
    chords: float = 0.0
    kits: tuple[str, ...] = ()
    kit_share: float = 0.3
    bus_chance: float = 0.0
    prepared_mixtures: tuple[str, ...] = ()
    prepared_share: float = 0.3
    variant_share: float = 0.0

    @property
    def mixes(self) -> bool:
        """Whether any part of the loss looks at mixtures."""
        return self.objective != "timbre" or bool(self.mixture_weight or self.role_weight)


def load_settings(path: Path) -> Settings:
    """Reads settings from a TOML file.

    Raises:
        TrainingError: for a file that is missing or no TOML, and for every unknown or missing key at once.
    """
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TrainingError(f"settings must be a readable TOML file, not {path}: {error}") from error
    return settings_from(values)


def plain_values(settings: "DataclassInstance") -> dict[str, Any]:
    """Settings as a checkpoint holds them and `settings_from` reads them: tuples are lists."""
    values = dataclasses.asdict(settings)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def settings_from(values: dict[str, Any]) -> Settings:
    """Makes settings of plain values; lists become tuples.

    Raises:
        TrainingError: for unknown and missing keys, for values of another type and for those out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    unknown = sorted(set(values) - set(fields))
    missing = sorted(n for n, f in fields.items() if f.default is dataclasses.MISSING and n not in values)
    if unknown or missing:
        raise TrainingError(f"settings must hold known keys and all needed ones; {unknown=} {missing=}")
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    wrong = [
        f"{name} must be {KINDS[fields[name].type]}, not {values[name]!r}"
        for name, value in plain.items()
        if not _is_of(value, fields[name].type)
    ]
    if wrong:
        raise TrainingError("; ".join(wrong))
    settings = Settings(**plain)
    _check(settings)
    return settings


def _is_of(value: object, wanted: Any) -> bool:
    """Whether a value is of a field's type; a whole number is a number, too."""
    if of := get_args(wanted):
        return isinstance(value, tuple) and all(_is_of(item, of[0]) for item in value)
    return isinstance(value, (int, float) if wanted is float else wanted) and not isinstance(value, bool)


def refuse_out_of_range(settings: "DataclassInstance", ranges: Ranges) -> None:
    """Makes sure that settings are numbers from the least to the most of their ranges.

    Raises:
        TrainingError: for the first that is not.
    """
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        if isinstance(value, bool) or not least <= value <= most:
            raise TrainingError(f"{name} must be {least:g}..{most:g}, not {value}")


def _check(settings: Settings) -> None:
    """Refuses what would otherwise fail, or mean something else, in the middle of a run."""
    refuse_out_of_range(settings, RANGES)
    if settings.encoder not in ENCODERS:
        raise TrainingError(f"encoder must be one of {sorted(ENCODERS)}, not {settings.encoder}")
    if settings.objective not in OBJECTIVES:
        raise TrainingError(f"objective must be one of {sorted(OBJECTIVES)}, not {settings.objective}")
    if len(settings.widths) != len(settings.depths):
        raise TrainingError(
            f"widths and depths must be of as many stages, not {settings.widths} and {settings.depths}"
        )
    if not settings.widths or min(*settings.widths, *settings.depths) < 1:
        raise TrainingError(
            f"widths and depths must be of a stage at least and from 1 on, not {settings.widths} and "
            f"{settings.depths}"
        )
    if settings.prepared_mixtures and settings.objective == "masks":
        raise TrainingError(
            "prepared_mixtures must be empty for the objective masks: nobody knows their shares"
        )
    if bool(settings.single_run) != (settings.objective in NEED_SINGLE_RUN):
        raise TrainingError(
            f"single_run must be a run folder for the objectives {sorted(NEED_SINGLE_RUN)} and empty for "
            f"others, not {settings.single_run!r} for {settings.objective}"
        )
    if bool(settings.singles) != (settings.objective == "held"):
        raise TrainingError(
            f"singles must be given for the objective held and be 0, two notes of each instrument, for "
            f"others, not {settings.singles} for {settings.objective}"
        )
    if not 0.0 <= settings.variant_share <= MOST_VARIANTS * (settings.objective == "timbre"):
        raise TrainingError(
            f"variant_share must be 0 to {MOST_VARIANTS} for the objective timbre and 0 for others, not "
            f"{settings.variant_share} for {settings.objective}"
        )
    wrong = set(settings.single_losses) - SINGLE_LOSSES
    if wrong or not settings.single_losses:
        raise TrainingError(
            f"single_losses must be some of {sorted(SINGLE_LOSSES)}, not {settings.single_losses}"
        )
    if settings.mixture_loss not in MIXTURE_LOSSES:
        raise TrainingError(
            f"mixture_loss must be one of {sorted(MIXTURE_LOSSES)}, not {settings.mixture_loss}"
        )
    if settings.mixes and (settings.mixture_columns + END_COLUMNS) % (settings.single_columns + END_COLUMNS):
        raise TrainingError(
            f"mixture_columns + {END_COLUMNS} must be a multiple of single_columns + {END_COLUMNS}, not "
            f"{settings.mixture_columns} and {settings.single_columns}"
        )
    if settings.takes > 1 and settings.mixture_loss.endswith((":symmetric", ":full")):
        raise TrainingError(
            f"takes must be 1 where mixtures are compared with each other ({settings.mixture_loss}), "
            f"not {settings.takes}"
        )
    if settings.mixes and settings.mixtures <= settings.trios:
        raise TrainingError(
            f"mixtures must be more than trios, which are {settings.trios}, not {settings.mixtures}"
        )
    if settings.mixes and settings.instruments < 3 * settings.trios + settings.mixtures - settings.trios:
        raise TrainingError(
            f"instruments must be at least 2 trios + mixtures = {2 * settings.trios + settings.mixtures}, "
            f"not {settings.instruments}"
        )
