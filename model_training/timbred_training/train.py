"""The training loop: settings, data, model, loop; one file per run folder says where it stands."""

import dataclasses
import json
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from torch.nn import functional

from timbred_training.batches import Batch, draw_batch
from timbred_training.encoder import RoleEncoder
from timbred_training.encoders import channels_last, make_encoder
from timbred_training.errors import TrainingError
from timbred_training.norms import refuse_training_idle
from timbred_training.objective import Objective, total
from timbred_training.processor import prepare_processor
from timbred_training.run_folder import (
    CHECKPOINT,
    METRICS,
    begin_records,
    held,
    load_weights,
    read_own_run,
    read_run,
    write_run,
)
from timbred_training.schedule import cosine, warm_up
from timbred_training.settings import Settings, plain_values, settings_from
from timbred_training.tasks import Task, make_task
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import note_vectors, quick_scores


def train(settings: Settings, folder: Path, *, start_from: Path | None = None) -> Path:
    """Trains until the steps or the seconds of the settings are used up; returns the last checkpoint.

    A run folder that holds a checkpoint is resumed exactly: batches and dropout depend on seed, step and
    device alone. Seconds count from the run's first step on, pauses included, by the first device's clock.

    Args:
        settings: what to train.
        folder: the run's own folder.
        start_from: another run's folder, or its checkpoint, whose encoder a new run begins with.

    Raises:
        TrainingError: if the data hold too few instruments, the folder a run of other settings or
            instruments, or one that another process trains, or `start_from` no run.
    """
    prepare_processor(settings.threads)
    fabric = Fabric(accelerator="auto", devices="auto", precision=_precision())
    fabric.launch()
    fabric.seed_everything(settings.seed + fabric.global_rank, verbose=False)
    notes = TrainingNotes.of(settings)
    refuse_too_few(settings, notes)
    with held(folder) if fabric.is_global_zero else nullcontext():
        return _trained(fabric, settings, notes, folder, start_from)


def _trained(
    fabric: Fabric, settings: Settings, notes: TrainingNotes, folder: Path, start_from: Path | None
) -> Path:
    """What `train` does once nobody else does it in that folder."""
    state = read_own_run(folder, settings, notes.names)
    objective = make_task(settings, notes)
    if start_from is not None and state is None:
        adopt(objective, notes, start_from)
    objective = channels_last(objective)
    optimiser = torch.optim.AdamW(_groups(objective, settings), lr=settings.learning_rate, betas=(0.9, 0.98))
    model, optimiser = fabric.setup(objective, optimiser)
    average = {name: value.clone() for name, value in objective.encoder.state_dict().items()}
    step, began = 0, time.time()
    if state is not None:  # now that the weights lie on their device, where an optimiser's state follows them
        load_weights(objective, state["objective"], folder / CHECKPOINT)
        load_weights(optimiser, state["optimiser"], folder / CHECKPOINT)
        average = {name: value.to(fabric.device) for name, value in state["average"].items()}
        step, began = state["step"], state["began"]
    if fabric.is_global_zero:
        begin_records(folder, step if state is not None else None)
    saved = evaluated = time.time()
    # Clocks differ: all devices go by the first's, or their rates and ends would differ, too.
    while (progress := fabric.broadcast(_progress(settings, step, time.time() - began))) < 1.0:
        started = time.time()
        torch.manual_seed(_step_seed(settings, step, fabric.global_rank))
        if progress >= settings.freeze_norms_from:
            freeze_norms(objective)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings, step, progress)
        batch = _on(draw_batch(notes, settings, step, fabric.global_rank), fabric.device)
        parts = model(batch)
        loss = total(parts)
        fabric.backward(loss)
        fabric.clip_gradients(model, optimiser, max_norm=5.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        _follow(average, objective.encoder.state_dict(), min(settings.ema_decay, step / (step + 10.0)))
        record = {name: round(float(value.detach()), 4) for name, value in parts.items()}
        record |= {
            "step": step,
            "progress": round(progress, 4),
            "step_seconds": round(time.time() - started, 2),
        }
        due = time.time() - evaluated > settings.evaluate_seconds
        if fabric.is_global_zero and due and isinstance(objective, Objective):
            record |= quick_scores(averaged_encoder(objective, average), [Path(n) for n in settings.data])
            evaluated = time.time()
        if fabric.is_global_zero:
            _report(folder, record)
            if time.time() - saved > settings.checkpoint_seconds:
                _save(folder, settings, notes, objective, optimiser, average, step, began)
                saved = time.time()
    if fabric.is_global_zero:
        _save(folder, settings, notes, objective, optimiser, average, step, began)
    fabric.barrier()
    return folder / CHECKPOINT


def refuse_too_few(settings: Settings, notes: TrainingNotes) -> None:
    """Makes sure that mixtures can be drawn.

    Raises:
        TrainingError: if there are fewer instruments than a step's mixtures take, in all or for the trios.
    """
    if not settings.mixes:
        return
    if settings.instruments > len(notes.names):
        raise TrainingError(
            f"instruments must be at most the {len(notes.names)} that the data hold to train on, not "
            f"{settings.instruments}"
        )
    fewest = min(len(pool) for pool in notes.trio)
    if settings.trios > fewest:
        raise TrainingError(
            f"trios must be at most the basses, leads and percussions of the data, {fewest} of the rarest, "
            f"not {settings.trios}"
        )


def learning_rate(settings: Settings, step: int, progress: float) -> float:
    """A linear warm-up, then half a cosine to a hundredth."""
    return settings.learning_rate * warm_up(step, settings.warmup_steps) * (0.01 + 0.99 * cosine(progress))


def averaged_encoder(objective: Objective, average: dict[str, torch.Tensor]) -> RoleEncoder:
    """A copy of the encoder that holds the averaged weights, on the CPU, for measuring and exporting."""
    encoder = make_encoder(objective.settings)
    encoder.load_state_dict({name: value.detach().cpu() for name, value in average.items()})
    return channels_last(encoder.eval())


def adopt(objective: Task, notes: TrainingNotes, run: Path) -> None:
    """Starts from another run's averaged weights; vectors of instruments that the other learned are kept.

    Those of the others begin where its encoder puts their notes. A block of the
    role queries that was wider in the other run keeps its strongest channels.

    Raises:
        TrainingError: for a baseline, which has its own beginning, for batch norms that are not frozen
            after an imported run, or if there is no run, or one of another version or size.
    """
    state = read_run(run)
    if missing := sorted({"objective", "instruments"} - set(state)):
        raise TrainingError(f"a checkpoint must be of this version, and {run} lacks {', '.join(missing)}")
    if not isinstance(objective, Objective):
        raise TrainingError(
            f"only the objective timbre may start from another run, not {objective.settings.objective}"
        )
    refuse_training_idle(state["average"], objective.settings.freeze_norms_from)
    theirs = settings_from(state["settings"])
    encoder = make_encoder(theirs)
    load_weights(encoder, state["average"], run)
    objective.encoder.role_block.take_strongest(encoder.role_block)
    weights = dict(state["objective"])
    proxies = weights.pop("proxies", torch.empty(0))
    weights.pop("family_proxies", None)
    weights |= {f"encoder.{name}": value for name, value in state["average"].items()}
    weights = {name: value for name, value in weights.items() if not name.startswith("encoder.role_block")}
    load_weights(objective, weights, run, strict=False)
    # After `refit` the vectors lie elsewhere, and where no loss asked for them they never lay anywhere.
    learned = _has_vectors(theirs) and "also" not in state
    known = {name: row for row, name in enumerate(state["instruments"])} if learned else {}
    unknown = [row for row, name in enumerate(notes.names) if name not in known]
    with torch.no_grad():
        for row, name in enumerate(notes.names):
            if name in known:
                objective.proxies[row] = proxies[known[name]]
        if unknown and _has_vectors(objective.settings):
            objective.proxies[unknown] = instrument_vectors(channels_last(encoder.eval()), notes, unknown)


def _has_vectors(settings: Settings) -> bool:
    """Whether a run of the settings learns a vector for each instrument."""
    return settings.objective == "timbre" and "instruments" in settings.single_losses


def instrument_vectors(encoder: RoleEncoder, notes: TrainingNotes, instruments: list[int]) -> torch.Tensor:
    """The mean vector of each instrument's notes, of length 1, `(len(instruments), dim)`."""
    owner = torch.tensor([k for k, one in enumerate(instruments) for _ in notes.rows[one]])
    rows = np.concatenate([notes.rows[one] for one in instruments])
    total_of_each = torch.zeros(len(instruments), encoder.dim)
    total_of_each.index_add_(0, owner, note_vectors(encoder, notes.reader, rows))
    return functional.normalize(total_of_each, dim=1)


def freeze_norms(module: torch.nn.Module) -> None:
    """Makes batch norms use their running statistics from now on, as the exported encoder does."""
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            part.eval()


def _precision() -> Any:
    return "bf16-mixed" if torch.cuda.is_available() else "32-true"


def _groups(objective: Task, settings: Settings) -> list[dict[str, Any]]:
    matrices = [p for name, p in objective.named_parameters() if p.ndim > 1 and "scale" not in name]
    others = [p for name, p in objective.named_parameters() if p.ndim <= 1 or "scale" in name]
    return [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _step_seed(settings: Settings, step: int, rank: int) -> int:
    """Of what a step draws on its device: whatever drew before it, a resumed run or an evaluation."""
    return int(np.random.SeedSequence([settings.seed, step, rank, 2]).generate_state(1)[0])


def _progress(settings: Settings, step: int, seconds: float) -> float:
    by_time = seconds / settings.seconds if settings.seconds else 0.0
    return max(step / settings.steps, by_time)


def _on(batch: Batch, device: torch.device) -> Batch:
    return Batch(**{f.name: getattr(batch, f.name).to(device) for f in dataclasses.fields(Batch)})


def _follow(average: dict[str, torch.Tensor], current: dict[str, torch.Tensor], decay: float) -> None:
    for name, value in current.items():
        if value.is_floating_point():
            average[name].lerp_(value.detach(), 1.0 - decay)
        else:
            average[name].copy_(value)


def _report(folder: Path, record: dict[str, float]) -> None:
    with (folder / METRICS).open("a") as file:
        file.write(json.dumps(record) + "\n")
    print(" ".join(f"{name} {value}" for name, value in record.items()), flush=True)


def _save(
    folder: Path,
    settings: Settings,
    notes: TrainingNotes,
    objective: Task,
    optimiser: Any,
    average: dict[str, torch.Tensor],
    step: int,
    began: float,
) -> None:
    state = {
        "settings": plain_values(settings),
        "instruments": notes.names,
        "objective": objective.state_dict(),
        "optimiser": optimiser.state_dict(),
        "average": average,
        "step": step,
        "began": began,
    }
    write_run(folder, state)
