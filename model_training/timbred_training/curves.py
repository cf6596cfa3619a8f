"""The page of curves of a run: every metric over the steps, from its `metrics.jsonl`."""

import io
from pathlib import Path

from timbred_training.errors import TrainingError
from timbred_training.run_folder import METRICS, read_records

SMOOTHING_STEPS = 20
PAGE = "<!doctype html><meta charset=utf-8><title>{name}</title><h1>{name}</h1>\n{figures}\n"


def read_metrics(run: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Steps and values of each metric of a run folder; a line that was broken off is left out.

    Raises:
        TrainingError: if the run has no metrics yet.
    """
    records = read_records(run)
    if not records:
        raise TrainingError(f"a run folder must hold {METRICS} with a line a step, and {run} does not")
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for record in records:
        for name in sorted(set(record) - {"step"}):
            steps, values = curves.setdefault(name, ([], []))
            steps.append(record["step"])
            values.append(record[name])
    return curves


def write_page(run: Path) -> Path:
    """Writes `curves.html` into the run folder; one figure a metric, with a running mean."""
    figures = [_figure(name, *curve) for name, curve in read_metrics(run).items()]
    page = run / "curves.html"
    page.write_text(PAGE.format(name=run.name, figures="\n".join(figures)))
    return page


def running_mean(values: list[float], width: int = SMOOTHING_STEPS) -> list[float]:
    """The mean of the last `width` values, at each value; of fewer at the start."""
    return [
        sum(part) / len(part) for part in (values[max(0, k + 1 - width) : k + 1] for k in range(len(values)))
    ]


def _figure(name: str, steps: list[float], values: list[float]) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(steps, values, color="0.8", marker="." if len(steps) < SMOOTHING_STEPS else None)
    axes.plot(steps, running_mean(values))
    axes.set(title=name, xlabel="step")
    svg = io.StringIO()
    figure.savefig(svg, format="svg")
    return svg.getvalue()[svg.getvalue().index("<svg") :]
