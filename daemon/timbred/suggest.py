"""A window's way to the list: encoder, pool, search, rank."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from timbred import models, packets
from timbred.config import Config
from timbred.context import Window
from timbred.encoder import Encoder
from timbred.library import Library, LibrarySpace
from timbred.rank import Row, rank
from timbred.search import search
from timbred.session import Listed, Session
from timbred.slots import chosen
from timbred_catalogs.sound import Sound


class Suggester:
    """Makes lists with one encoder and one library.

    Args:
        encoder: What hears, or None where no model is installed.
        library: What is searched.
        config: The settings.
        fit_encoder: The fit model's context encoder, or None where it is not installed.
        file_of: What is dragged and played for a sound; empty where there is nothing yet.
    """

    def __init__(
        self,
        encoder: Encoder | None,
        library: Library,
        config: Config,
        fit_encoder: Encoder | None = None,
        file_of: Callable[[Sound], str] = lambda sound: sound.path,
    ) -> None:
        self.encoder = encoder
        self.library = library
        self._config = config
        self.fit_encoder = fit_encoder
        self._file_of = file_of
        self._fitting = (
            LibrarySpace(library, models.FIT_SAMPLE, fit_encoder.model_id) if fit_encoder else None
        )

    @property
    def model_id(self) -> str:
        """Id of the model that ranks, empty where there is none."""
        return self.encoder.model_id if self.encoder else ""

    def problem(self, mode: str) -> str:
        """Why a mode has no model or no vectors, and what brings them; empty where it has."""
        if mode == "fit":
            return self._fitting.problem if self._fitting else models.unavailable(models.FIT_CONTEXT)
        return "" if self.encoder else models.unavailable(models.PREFERRED_SPACES[0])

    def take(self, session: Session, window: Window) -> None:
        """Keeps a window as the session's newest; the next list embeds it."""
        session.window, session.embedded_in = window, frozenset()

    def suggest(self, session: Session) -> bool:
        """Makes the session's list anew from what was heard, and says whether it is another.

        First the newest window is embedded by the mode's model, if that has not had it: a mode that is
        chosen when the music has stopped follows it too. A list stays where the user froze it, where
        nothing was heard yet and where a model or the catalogue is missing: the status says so. What is
        played for its rows may still become known.
        """
        settings, before = session.settings, session.listed
        fits = settings.mode == "fit"
        self._embed_newest(session, fits)
        heard = (session.fit_pool if fits else session.pool).heard(session.begin_frame)
        if heard is None or settings.frozen or self.problem(settings.mode) or self.library.stock.problem:
            return self._list(session, before.mode, before.rows)
        sounds = self._fitting if fits and self._fitting else self.library
        found = search(sounds, heard, chosen(settings.slots), settings)
        rows = rank(found, settings, before.rows, self._config.suggesting)
        return self._list(session, settings.mode, rows)

    def _embed_newest(self, session: Session, fits: bool) -> None:
        """Adds the newest window's vectors to the pool of a mode, unless they are in it.

        A model that has no finite answer to a window loses it, and the session counts that.
        """
        asks_fit = fits and self.fit_encoder is not None
        encoder, pool = (self.fit_encoder, session.fit_pool) if asks_fit else (self.encoder, session.pool)
        window = session.window
        if encoder is None or window is None or encoder.space in session.embedded_in:
            return
        session.embedded_in |= {encoder.space}
        audio = window.audio[-encoder.window_frames :]
        vectors = _stacked(*encoder.embed_with_roles(audio))
        if not np.isfinite(vectors).all():
            session.dropped += 1
            return
        frames = round((window.end_frame - window.start_frame) * len(audio) / len(window.audio))
        pool.add(window.end_frame - frames, window.end_frame, vectors)
        session.begin_frame = window.begin_frame

    def _list(self, session: Session, mode: str, rows: tuple[Row, ...]) -> bool:
        before = session.listed
        files = tuple(self._file_of(row.sound) if row.sound else "" for row in rows)
        if (mode, rows, files) == (before.mode, before.rows, before.files):
            return False
        revision = before.revision + 1
        parts = packets.list_packets(session.id, revision, mode, rows, files)
        session.listed = Listed(revision, mode, rows, files, parts)
        return True


def _stacked(
    whole: npt.NDArray[np.float32], by_role: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.float32]:
    # (dim,) and (roles, dim) -> (1 + roles, dim)
    return whole[None] if by_role is None else np.concatenate([whole[None], by_role])
