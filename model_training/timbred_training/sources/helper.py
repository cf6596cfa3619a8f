"""Synthesizers played in a process of their own, which may crash or hang without harm."""

import contextlib
import logging
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote, Source

log = logging.getLogger(__name__)

Facts: TypeAlias = tuple[str, str, list[str]]  # name, licence, instruments

LONGEST_WAIT_SECONDS = 120.0
TRIES = 2  # one that crashed after many others may do well in a fresh process


class HelperSource:
    """A source that is made and played in a helper process.

    An instrument that crashes the helper `TRIES` times, or keeps it from answering, is left out and said so.

    Args:
        make: makes the source there; it must pickle, such as a `functools.partial` of its class.
        seconds: how long one instrument may take.

    Raises:
        TrainingError: if the source can't be made, for the reason that it gives.
    """

    def __init__(self, make: Callable[[], Source], seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._make, self._seconds = make, seconds
        self._process: BaseProcess | None = None
        self.name, self.licence, self._instruments = self._start()

    def instruments(self) -> list[str]:
        """Those of the source."""
        return self._instruments

    def render(self, instrument: str) -> list[RawNote]:
        """All notes of one instrument; empty if it gives no sound, or none in time."""
        problem = ""
        for _ in range(TRIES):
            try:
                if self._process is None:
                    self._start()
                self._pipe.send(instrument)
                if self._pipe.poll(self._seconds):
                    notes: list[RawNote] = self._pipe.recv()
                    return notes
                problem = f"must sound within {self._seconds:g} s, and did not"
                self._stop()
                break
            except (EOFError, ConnectionError):
                problem = "must sound, and crashed the synthesizer"
                self._stop()
        log.warning("%s %s: left out", instrument, problem)
        return []

    def close(self) -> None:
        """Ends the helper."""
        self._stop()

    def _start(self) -> Facts:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_play, args=(self._make, theirs), daemon=True)
        self._process.start()
        theirs.close()
        told: Facts | TrainingError = TrainingError(f"a synthesizer must open within {self._seconds:g} s")
        try:
            if self._pipe.poll(self._seconds):
                told = self._pipe.recv()
        except EOFError:
            told = TrainingError("a synthesizer must open, and this one crashed")
        if isinstance(told, TrainingError):
            self._stop()
            raise told
        return told

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
        self._process = None


def _play(make: Callable[[], Source], pipe: Connection) -> None:
    """The helper: says what the source is, then plays what it is asked until the other end closes."""
    try:
        source = make()
    except TrainingError as error:
        pipe.send(error)
        return
    pipe.send((source.name, source.licence, source.instruments()))
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            pipe.send(source.render(pipe.recv()))
