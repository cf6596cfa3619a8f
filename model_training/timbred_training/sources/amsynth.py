"""amsynth's banks: its DSSI build ignores the programs it lists, so a preset's controls are set."""

from pathlib import Path

from timbred_training.errors import TrainingError
from timbred_training.sources.dssi import DssiSource

LICENCE = "GPL-2.0-or-later"


class AmsynthSource(DssiSource):
    """Every distinct preset of amsynth's bank files."""

    def __init__(self, library: Path, banks: Path, name: str = "amsynth") -> None:
        super().__init__(library, name, LICENCE)
        files = sorted(banks.glob("*.bank"))
        if not files:
            raise TrainingError(f"amsynth's .bank files must lie in {banks}")
        self._defaults = self._controls.copy()
        self._presets = _distinct(
            {f"{name}_{f.stem.split('.')[0]}": read_bank(f.read_text("latin-1")) for f in files}
        )

    def instruments(self) -> list[str]:
        """Ids of the presets, by bank file and number."""
        return list(self._presets)

    def _select(self, instrument: str) -> str:
        name, values = self._presets[instrument]
        self._controls[:] = self._defaults
        for port in range(self._ladspa.port_count):
            label = self._ladspa.port_names[port].decode()
            if label in values:
                self._controls[port] = values[label]
        return name


def read_bank(text: str) -> list[tuple[str, dict[str, float]]]:
    """The presets of a bank file: names and controls."""
    presets: list[tuple[str, dict[str, float]]] = []
    for line in text.splitlines():
        if line.startswith("<preset>"):
            presets.append((line.partition("<name>")[2].strip(), {}))
        elif line.startswith("<parameter>") and presets:
            _, label, value = line.split()
            presets[-1][1][label] = float(value)
    return presets


def _distinct(
    banks: dict[str, list[tuple[str, dict[str, float]]]],
) -> dict[str, tuple[str, dict[str, float]]]:
    seen: set[tuple[tuple[str, float], ...]] = set()
    found = {}
    for bank, presets in banks.items():
        for number, (name, values) in enumerate(presets):
            key = tuple(sorted(values.items()))
            if key not in seen:
                seen.add(key)
                found[f"{bank}_{number:03d}"] = (name, values)
    return found
