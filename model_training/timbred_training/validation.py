"""A fast look at the validation notes while training: prepared mel levels, no audio."""

from pathlib import Path

import numpy as np
import torch

from timbred_training.frontend import BANDS, relative_db
from timbred_training.store import LevelReader, read_notes
from timbred_training.training_notes import COLUMNS

LONGEST_COLUMNS = 150


@torch.no_grad()
def quick_scores(encoder: torch.nn.Module, folders: list[Path], *, batch: int = 64) -> dict[str, float]:
    """Top-1 and top-5 of the valid split's notes among all references with their effects on, in percent.

    Nothing where there is no such note or reference.
    """
    for folder in folders:
        table = read_notes(folder, COLUMNS)
        if (table["split"] == "valid").any():
            break
    else:
        return {}
    valid = table["split"] == "valid"
    keys = np.flatnonzero(table["reference"] & table["fx"])
    queries = np.flatnonzero(valid & ~table["reference"])
    if not len(keys) or not len(queries):
        return {}
    vectors = note_vectors(encoder, LevelReader([folder]), np.concatenate([keys, queries]), batch=batch)
    database, asked = vectors[: len(keys)], vectors[len(keys) :]
    names = table["instrument"]
    ranked = (asked @ database.T).topk(min(5, len(keys)), dim=1).indices.numpy()
    hits = names[keys][ranked] == names[queries][:, None]
    return {
        "top1": round(100 * float(hits[:, 0].mean()), 2),
        "top5": round(100 * float(hits.any(1).mean()), 2),
    }


@torch.no_grad()
def note_vectors(
    encoder: torch.nn.Module, reader: LevelReader, rows: np.ndarray, *, batch: int = 64
) -> torch.Tensor:
    """The encoder's vectors `(len(rows), dim)` of prepared notes, those of like length together.

    Args:
        encoder: levels `(n, BANDS, t)` to vectors `(n, dim)`, on the CPU.
        reader: of the notes.
        rows: which notes, as the reader numbers them.
        batch: notes at once.
    """
    pieces, order = [], np.argsort(reader.columns[rows], kind="stable")
    for begin in range(0, len(order), batch):
        pieces.append(encoder(padded_notes(reader.take(rows[order[begin : begin + batch]]))))
    sorted_vectors = torch.cat(pieces)
    vectors = torch.empty_like(sorted_vectors)
    vectors[torch.from_numpy(order)] = sorted_vectors
    return vectors


def padded_notes(levels: list[np.ndarray]) -> torch.Tensor:
    """Notes' levels `(columns, BANDS)` as a batch for the encoder, `(n, BANDS, t)`, t that of the longest."""
    t = min(max(len(level) for level in levels), LONGEST_COLUMNS)
    batch = np.full((len(levels), t, BANDS), -120.0, dtype=np.float32)
    for k, level in enumerate(levels):
        batch[k, : len(level[:t])] = level[:t]
    return relative_db(torch.from_numpy(batch.transpose(0, 2, 1).copy()))
