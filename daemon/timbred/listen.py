"""Takes a file the way that a plugin's audio goes, and tells the list over time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from timbred import models
from timbred.config import Config
from timbred.context import Context
from timbred.errors import TimbredError
from timbred.file_source import FileSource
from timbred.library import Library
from timbred.pool import Pool
from timbred.rank import Row
from timbred.session import Session
from timbred.sessions import longest_window_seconds
from timbred.settings import Settings
from timbred.suggest import Suggester


@dataclass(frozen=True)
class Moment:
    """The list at one moment of the file.

    Args:
        seconds: Of the file that were heard.
        silent: Whether nothing plays there.
        changed: Whether the list is another than at the moment before.
        rows: The list.
    """

    seconds: float
    silent: bool
    changed: bool
    rows: tuple[Row, ...]


def listen(
    path: Path,
    config: Config,
    settings: Settings,
    *,
    space: str | None = None,
    every_seconds: float = 4.0,
    tempo_bpm: float | None = None,
    realtime: bool = False,
) -> Iterator[Moment]:
    """The list, every so often and at the end.

    Args:
        path: The audio file.
        config: The daemon's settings, with the catalogue's address.
        settings: What a plugin's user would set.
        space: The encoder's space; the best that is installed by default.
        every_seconds: Of the file, between two moments.
        tempo_bpm: The song's tempo, or None where bars are not known.
        realtime: At the music's own pace, instead of as fast as it goes.

    Raises:
        TimbredError: The file, the model or the catalogue can't be used.
    """
    source = FileSource(path, tempo_bpm)
    try:
        least = config.listening.first_window_seconds
        if source.total_seconds < least:
            raise TimbredError(
                f"{path} must last at least {least:g} s to be listened to, not {source.total_seconds:.2f} s"
            )
        suggester = _suggester(config, settings, space)
        session = _session(path, source, suggester, config, settings)
        yield from _moments(session, source, suggester, every_seconds, realtime)
    finally:
        source.close()


def _suggester(config: Config, settings: Settings, space: str | None) -> Suggester:
    encoder = models.default_encoder(space)
    library = Library(models.catalog_address(config), encoder.space, encoder.model_id)
    suggester = Suggester(encoder, library, config, models.fit_encoder(encoder))
    if problem := suggester.problem(settings.mode):
        raise TimbredError(problem)
    library.refresh()
    if problem := library.stock.problem or suggester.problem(settings.mode):
        raise TimbredError(problem)
    return suggester


def _session(
    path: Path, source: FileSource, suggester: Suggester, config: Config, settings: Settings
) -> Session:
    encoder, fit = suggester.encoder, suggester.fit_encoder
    assert encoder is not None, "default_encoder raises where there is none"
    seconds = longest_window_seconds(encoder, fit)
    context = Context(source.sample_rate, encoder.sample_rate, seconds, config.listening)
    pool, fit_pool = Pool(encoder.roles), Pool(fit.roles if fit else ())
    return Session("", path.name, 0, path, source, context, pool, fit_pool, settings)


def _moments(
    session: Session, source: FileSource, suggester: Suggester, every_seconds: float, realtime: bool
) -> Iterator[Moment]:
    begun_at = time.monotonic()
    told_at, told_revision = 0.0, session.listed.revision
    while not source.done:
        if (window := session.hear()) is not None:
            suggester.take(session, window)
            suggester.suggest(session)
        if realtime:
            time.sleep(max(0.0, begun_at + source.seconds - time.monotonic()))
        if source.done or source.seconds - told_at >= every_seconds:
            changed = session.listed.revision != told_revision
            told_at, told_revision = source.seconds, session.listed.revision
            silent = session.context is None or session.context.silent
            yield Moment(source.seconds, silent, changed, session.listed.rows)
