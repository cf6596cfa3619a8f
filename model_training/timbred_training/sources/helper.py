"""Synthesizers played in a process of their own, which may crash or hang without harm."""

import logging
import math
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote, Source

log = logging.getLogger(__name__)

Facts: TypeAlias = tuple[str, str, list[str]]  # name, licence, instruments

LONGEST_WAIT_SECONDS = 120.0
GRACE_SECONDS = 5  # after which a helper that hangs ends itself, whatever became of who asked
TRIES = 2  # one that crashed after many others may do well in a fresh process


class HelperSource:
    """A source that is made and played in a helper process.

    An instrument that crashes the helper `TRIES` times, or hangs in it, is left out with a warning.

    Args:
        make: makes the source there; it must pickle, such as a `functools.partial` of its class.
        seconds: how long one instrument may take, or opening.

    Raises:
        TrainingError: if the source can't be made; also `render`, for an error that is no crash.
    """

    split: str | None = None

    def __init__(self, make: Callable[[], Source], seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._make, self._seconds = make, seconds
        self._process: BaseProcess | None = None
        facts = self._start()
        if not facts:
            raise TrainingError(f"a synthesizer must open within {seconds:g} s, and this one did not")
        self.name, self.licence, self._instruments = facts

    def instruments(self) -> list[str]:
        """Those of the source."""
        return self._instruments

    def render(self, instrument: str) -> list[RawNote]:
        """All notes of one instrument; empty if it gives no sound, or none in time."""
        problem = ""
        for _ in range(TRIES):
            try:
                if self._process is not None or self._start():
                    self._pipe.send(instrument)
                    if self._pipe.poll(self._seconds):
                        notes: list[RawNote] = self._received()
                        return notes
                problem = f"must sound within {self._seconds:g} s, and did not"
                self.close()
                break
            except (EOFError, OSError):
                problem = "must sound, and crashed the synthesizer"
                self.close()
        log.warning("%s %s: left out", instrument, problem)
        return []

    def close(self) -> None:
        """Ends the helper."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
        self._process = None

    def _start(self) -> Facts | None:
        """What the source is; None where it doesn't open in time.

        Raises:
            TrainingError: if it can't be made.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_play, args=(self._make, self._seconds, theirs), daemon=True)
        self._process.start()
        theirs.close()
        try:
            if self._pipe.poll(self._seconds):
                facts: Facts = self._received()
                return facts
        except (EOFError, OSError) as error:
            self.close()
            raise TrainingError("a synthesizer must open, and this one crashed") from error
        self.close()
        return None

    def _received(self) -> Any:
        told = self._pipe.recv()
        if isinstance(told, TrainingError):
            self.close()
            raise told
        return told


def _play(make: Callable[[], Source], seconds: float, pipe: Connection) -> None:
    """The helper: says what the source is, then plays what it is asked until the other end closes."""
    asked = "a synthesizer"
    try:
        with _ended_after(seconds):
            source = make()
            facts: Facts = (source.name, source.licence, source.instruments())
        pipe.send(facts)
        while True:
            asked = pipe.recv()
            with _ended_after(seconds):
                notes = source.render(asked)
            pipe.send(notes)
    except (EOFError, KeyboardInterrupt):
        pass
    except TrainingError as error:
        pipe.send(error)
    except Exception as error:  # whatever else a source may raise
        pipe.send(TrainingError(f"{asked} must sound, and failed: {error!r}"))


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Ends this process where what is done within hangs, be it in the plugin's own code."""
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(seconds) + GRACE_SECONDS)
    yield
    if hasattr(signal, "alarm"):
        signal.alarm(0)
