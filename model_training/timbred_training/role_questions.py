"""What the role queries are fitted to: mixtures as the trunk hears them, and what each is asked for."""

from dataclasses import dataclass

import torch

from timbred_training.batches import Batch, draw_batch
from timbred_training.encoder import ROLES, RoleEncoder
from timbred_training.held_objective import HeldObjective
from timbred_training.part_lines import PERCUSSION
from timbred_training.progress import shown
from timbred_training.roles import NO_ROLE
from timbred_training.song_questions import SongQuestions
from timbred_training.training_notes import TrainingNotes

FIRST_STEP = 10_000_000  # of the batches drawn here: none that training drew
DRUMS_ASKED = 2  # questions about a kit in one mixture
AT_ONCE = 64


@dataclass(frozen=True)
class Questions:
    """What mixtures were asked, and the trunk's features of them, which stay as they are.

    The sounds that may be answered are the training instruments and, after these, further ones.

    Args:
        features: half precision `(m, channels, rows, t)`.
        column_weight: `(m, t)`.
        mixture: rows of these, `(n,)`.
        role: rows of `ROLES`, `(n,)`.
        answer: a sound, `(n,)`.
        keys: vectors of the further sounds, `(k, dim)`: variants, drums of kits and of songs.
        plays: sounds are rivals where it is equal, `(instruments + k,)`.
        source: where this is equal they are none, `(instruments + k,)`.
    """

    features: torch.Tensor
    column_weight: torch.Tensor
    mixture: torch.Tensor
    role: torch.Tensor
    answer: torch.Tensor
    keys: torch.Tensor
    plays: torch.Tensor
    source: torch.Tensor


class _Sounds:
    """The further sounds, and where the next one's number begins."""

    def __init__(self, objective: HeldObjective) -> None:
        instruments = len(objective.role)
        self.keys = [torch.zeros(0, objective.settings.dim)]
        self.plays = [objective.role]
        self.source = [objective.twin]
        self.count = self.sources = instruments

    def add(self, keys: torch.Tensor, plays: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """Takes further sounds; returns their numbers."""
        for values, more in ((self.keys, keys), (self.plays, plays), (self.source, source)):
            values.append(more)
        self.count += len(keys)
        return torch.arange(self.count - len(keys), self.count)

    def new_sources(self, number: torch.Tensor) -> torch.Tensor:
        """Sources that no sound had, one for each number."""
        first = self.sources
        self.sources += int(number.max()) + 1 if len(number) else 0
        return first + number


@torch.no_grad()
def ask(
    objective: HeldObjective, notes: TrainingNotes, batches: int, songs: SongQuestions | None = None
) -> Questions:
    """The questions of new batches, and of songs, and the trunk's features of their mixtures.

    A mixture with a kit is asked for some of the drums that sound; a kit's drums are no rivals of each other.
    """
    objective.eval()
    sounds = _Sounds(objective)
    # Drums that are not trained on have no kit and no vector: they are rivals of nothing.
    plays = torch.where(objective.kit < 0, NO_ROLE, PERCUSSION)
    drums = sounds.add(objective.drum_bank, plays, sounds.new_sources(objective.kit))
    made = batches * objective.settings.mixtures * objective.settings.takes
    heard = _Heard(objective.encoder, made + (len(songs.contexts) if songs else 0))
    asked: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    for number in shown(range(batches), "mixtures"):
        batch = draw_batch(notes, objective.settings, FIRST_STEP + number)
        first = heard.add(batch.mixtures)
        played = _played(objective, batch, sounds)
        asked.append((first + batch.asked_mixture, batch.asked_role, played[batch.answer]))
        if len(batch.kit_mixture):
            drawn = torch.multinomial(batch.drums.float(), DRUMS_ASKED, replacement=True).flatten()
            mixture = batch.kit_mixture.repeat_interleave(DRUMS_ASKED)
            asked.append((first + mixture, torch.full_like(mixture, PERCUSSION), drums[drawn]))
    if songs is not None:
        first = heard.count
        for begin in shown(range(0, len(songs.contexts), AT_ONCE), "songs"):
            heard.add(songs.contexts[begin : begin + AT_ONCE])
        vectors = torch.cat([objective.encoder(part) for part in torch.split(songs.shots, AT_ONCE)])
        # A drum of a song is a rival of its like alone, as in the lists.
        shots = sounds.add(vectors, len(ROLES) + songs.role, sounds.new_sources(songs.kin))
        role = torch.full_like(songs.context, PERCUSSION)
        asked.append((first + songs.context, role, shots[songs.shot]))
    mixture, role, answer = (torch.cat(part) for part in zip(*asked, strict=True))
    told = map(torch.cat, (sounds.keys, sounds.plays, sounds.source))
    return Questions(heard.features, heard.weights, mixture, role, answer, *told)


class _Heard:
    """The trunk's features of so many mixtures in all, in tensors that are made once."""

    def __init__(self, encoder: RoleEncoder, mixtures: int) -> None:
        self._encoder, self._mixtures = encoder, mixtures
        self.features, self.weights, self.count = torch.empty(0), torch.empty(0), 0

    def add(self, mixtures: torch.Tensor) -> int:
        """Hears some; returns the row of the first."""
        features, weight = self._encoder.trunk(mixtures)
        if not self.count:
            self.features = torch.empty((self._mixtures, *features.shape[1:]), dtype=torch.float16)
            self.weights = torch.empty((self._mixtures, *weight.shape[1:]))
        first, self.count = self.count, self.count + len(mixtures)
        self.features[first : self.count] = features
        self.weights[first : self.count] = weight
        return first


def _played(objective: HeldObjective, batch: Batch, sounds: _Sounds) -> torch.Tensor:
    """The number of each instrument of a batch, or that of the variant that it plays as."""
    number = batch.instrument.clone()
    if len(batch.variant):
        of = batch.instrument[batch.variant]
        number[batch.variant] = sounds.add(
            objective.encoder(batch.variant_notes), objective.role[of], objective.twin[of]
        )
    return number
