"""Mixtures learn to name their instruments among all; the notes' vectors are held where a run left them."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from timbred_training.batches import Batch
from timbred_training.encoder import RoleEncoder
from timbred_training.encoders import channels_last
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.fit.song_set import copies, joined_by_copies
from timbred_training.losses import info_nce
from timbred_training.objective import Objective, share
from timbred_training.part_lines import PERCUSSION
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import note_vectors

REFERENCE_SHARE = 0.75  # of the keys, as a database holds reference notes


class HeldObjective(Objective):
    """The joint objective against a memory bank: a finished run's vectors of all training notes.

    A step embeds few single notes, so that more mixtures pass, and each asks among thousands of instruments
    instead of those of its batch (a memory bank: Wu et al. 2018, "Unsupervised feature learning via
    non-parametric instance discrimination").

    Args:
        settings: `single_run` names the run whose vectors are held.
        notes: what the run trains on.

    Raises:
        TrainingError: if `single_run` holds no run, or one of another `dim`.
    """

    bank: torch.Tensor  # (notes, dim): the held vector of each note, as the reader numbers them
    owner: torch.Tensor  # (notes,): its instrument
    note_rows: torch.Tensor  # (instruments, most notes): each one's notes, repeated to one length
    note_count: torch.Tensor  # (instruments,)
    reference: torch.Tensor  # (instruments,)
    role: torch.Tensor  # (instruments,)
    twin: torch.Tensor  # (instruments,): equal for two that sound alike, which are no rivals
    drum_bank: torch.Tensor  # (drums of all kits, dim)
    kit: torch.Tensor  # (drums of all kits,): equal for those of one kit, or of two that share a recording

    def __init__(self, settings: Settings, notes: TrainingNotes) -> None:
        super().__init__(settings, len(notes.names), len(notes.families))
        single = channels_last(load_run(Path(settings.single_run)).encoder)
        if single.dim != settings.dim:
            raise TrainingError(f"dim must be that of single_run, {single.dim}, not {settings.dim}")
        rows = np.concatenate(notes.rows)
        self._keep("bank", torch.zeros(len(notes.reader), settings.dim))
        self.bank[torch.from_numpy(rows)] = note_vectors(single, notes.reader, rows)
        owner = np.zeros(len(notes.reader), dtype=np.int64)
        owner[rows] = np.repeat(np.arange(len(notes.rows)), [len(members) for members in notes.rows])
        self._keep("owner", torch.from_numpy(owner))
        counts = np.array([len(members) for members in notes.rows])
        self._keep("note_count", torch.from_numpy(counts))
        padded = np.stack([np.resize(members, counts.max()) for members in notes.rows])
        self._keep("note_rows", torch.from_numpy(padded))
        self._keep("reference", torch.tensor(notes.reference))
        self._keep("role", torch.from_numpy(notes.role))
        self._keep("twin", torch.from_numpy(notes.twins()))
        self._keep_drums(single, notes.kits)

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The weighted parts of the loss by name, and how often the nearest of all instruments was right."""
        s = self.settings
        keys = self.keys()  # (instruments, dim)
        singles, mixtures = self.encoder.joint_trunk(batch.singles, batch.mixtures)
        alone = self.encoder.pool(*singles)
        instrument = self.owner[batch.note]
        own, others = _one_of(instrument, len(keys)), self.twin != self.twin[instrument][:, None]
        parts = {
            "held": s.class_weight * (1.0 - (alone * self.bank[batch.note]).sum(dim=1)).mean(),
            "info_nce": info_nce(alone, keys, own, others, self.scale()),
            "right": share((alone @ keys.T).argmax(dim=1), instrument),
        }
        if s.mixture_weight:
            contains = torch.zeros(len(batch.contains), len(keys), dtype=torch.bool, device=keys.device)
            contains[:, batch.instrument] = batch.contains
            whole = self.encoder.pool(*mixtures)
            compared = info_nce(whole, keys, contains, ~contains, self.scale().detach())
            parts["mixtures"] = s.mixture_weight * compared
        if len(batch.kit_mixture):
            parts |= self._asked_for_drums(*mixtures, keys, batch)
        return parts | self._asked(*mixtures, keys, batch)

    def _asked(
        self, features: torch.Tensor, weight: torch.Tensor, keys: torch.Tensor, batch: Batch
    ) -> dict[str, torch.Tensor]:
        """Each question's vector against all instruments of the role that it asks for."""
        vectors = self._answers(features, weight, batch.asked_mixture, batch.asked_role)
        answer = batch.instrument[batch.answer]
        right = _one_of(answer, len(keys))
        rivals = (self.role == batch.asked_role[:, None]) & (self.twin != self.twin[answer][:, None])
        nearest = (vectors @ keys.T).masked_fill(~(rivals | right), -1.0).argmax(dim=1)
        loss = info_nce(vectors, keys, right, rivals, self.scale().detach())
        return {"roles": self.settings.role_weight * loss, "roles_right": share(nearest, answer)}

    def _asked_for_drums(
        self, features: torch.Tensor, weight: torch.Tensor, keys: torch.Tensor, batch: Batch
    ) -> dict[str, torch.Tensor]:
        """The percussion of mixtures with a kit, against the drums of all kits and all other percussion."""
        role = torch.full_like(batch.kit_mixture, PERCUSSION)
        vectors = self._answers(features, weight, batch.kit_mixture, role)
        others = keys[self.role == PERCUSSION]
        everything = torch.cat([self.drum_bank, others])
        right = functional.pad(batch.drums, (0, len(others)))
        playing = self.kit[batch.drums.int().argmax(dim=1)]
        # A drum that has no kit is nobody's rival.
        others_kits = (self.kit != playing[:, None]) & (self.kit >= 0)
        rivals = functional.pad(others_kits, (0, len(others)), value=True)
        nearest = (vectors @ everything.T).masked_fill(~(rivals | right), -1.0).argmax(dim=1, keepdim=True)
        loss = info_nce(vectors, everything, right, rivals, self.scale().detach())
        return {
            "drums": self.settings.role_weight * loss,
            "drums_right": right.gather(1, nearest).float().mean(),
        }

    def _answers(
        self, features: torch.Tensor, weight: torch.Tensor, mixture: torch.Tensor, role: torch.Tensor
    ) -> torch.Tensor:
        """What each mixture that is asked holds of the role, `(q, dim)`."""
        asked, focus = self.encoder.role_features(features, mixture, role)
        return self.encoder.embed_role(self.encoder.gather(asked, weight[mixture], focus))

    def keys(self) -> torch.Tensor:
        """One held vector an instrument: mostly its reference note's, else that of any of its notes."""
        drawn = (torch.rand_like(self.note_count, dtype=torch.float32) * self.note_count).long()
        any_note = self.note_rows.gather(1, drawn[:, None])[:, 0]
        usual = torch.rand_like(self.note_count, dtype=torch.float32) < REFERENCE_SHARE
        return functional.normalize(self.bank[torch.where(usual, self.reference, any_note)], dim=1)

    def _keep_drums(self, single: RoleEncoder, kits: TrainingNotes | None) -> None:
        count = len(kits.reader) if kits else 0
        self._keep("drum_bank", torch.zeros(count, self.settings.dim))
        self._keep("kit", torch.full((count,), -1))
        if kits is None:
            return
        rows = np.concatenate(kits.rows)
        kit = np.repeat(np.arange(len(kits.rows)), [len(members) for members in kits.rows])
        self.drum_bank[torch.from_numpy(rows)] = note_vectors(single, kits.reader, rows)
        self.kit[torch.from_numpy(rows)] = torch.from_numpy(
            joined_by_copies(kit, copies(kits.reader.take(rows))).astype(np.int64)
        )

    def _keep(self, name: str, value: torch.Tensor) -> None:
        """Registers what moves with the module and is not saved with it."""
        self.register_buffer(name, value, persistent=False)

    def _keep_unused(self) -> None:
        self.proxies.requires_grad_(False)
        self.family_proxies.requires_grad_(False)
        self.encoder.project.requires_grad_(False)  # of notes alone, whose vectors are held


def _one_of(index: torch.Tensor, count: int) -> torch.Tensor:
    """Bool `(n, count)`, true where a row's index is."""
    return index[:, None] == torch.arange(count, device=index.device)
