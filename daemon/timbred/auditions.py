"""Makes the sounds that plugins ask to hear: decoded in a process beside, left in the runtime folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from timbred.library import Library
from timbred.part import QueuePart
from timbred.push import Outbox
from timbred.session import Session
from timbred_bridge import osc
from timbred_bridge.runtime import AUDITION_SUFFIX
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import is_instrument
from timbred_catalogs.sound import Sound

FAILED = "the daemon failed to make it: its log says why"
LONGEST_TROUBLE = 400


@dataclass(frozen=True, slots=True)
class Wish:
    """A session's click on a sound; `number` tells it from the session's others."""

    session: Session
    sound_id: str
    number: int


class Auditions(QueuePart[Wish]):
    """One thread, in front of it at most one wish of each session.

    Instruments whose note is yet to be rendered go to `slow`, where none keeps a sample waiting.

    Args:
        folder: The runtime folder.
        library: Where the sounds are looked up.
        cache: Where the notes of instruments are kept.
        outbox: Where answers are sent.
        slow: The same for what takes long; None in that itself.
    """

    name = "auditioner"

    def __init__(
        self,
        folder: Path,
        library: Library,
        cache: NoteCache,
        outbox: Outbox,
        slow: "Auditions | None" = None,
    ) -> None:
        super().__init__()
        self._folder, self._library, self._cache, self._outbox = folder, library, cache, outbox
        self._slow = slow

    def want(self, wish: Wish) -> None:
        """Asks for a sound, in place of what the session asked for before and does not have."""
        if self._slow is not None:
            self._slow.forget(wish.session)
        with self.filled:
            self.waiting[wish.session.id] = wish
            self.filled.notify()

    def forget(self, session: Session) -> None:
        """What the session asked for need not be begun any more."""
        with self.filled:
            self.waiting.pop(session.id, None)

    def take(self, item: Wish) -> None:
        """Makes the sound, and says where it is or why there is none."""
        if item.session.closed:
            return
        try:
            sound = self._sound(item.sound_id)
            if self._slow is not None and self._takes_long(sound):
                self._slow.want(item)
                return
            rate, file = self._make(item.session, sound)
            self._answer(item, rate, file.name, "")
        except CatalogError as error:
            self._answer(item, 0, "", str(error)[:LONGEST_TROUBLE])
        except Exception:  # lancedb raises its own kinds when files vanish under it
            self._answer(item, 0, "", FAILED)
            raise

    def _sound(self, sound_id: str) -> Sound:
        sound = self._library.sound(sound_id)
        if sound is None:
            rule = f"sound must be in the catalogue, not {sound_id[:64]!r}"
            raise CatalogError(self._library.stock.problem or rule)
        return sound

    def _takes_long(self, sound: Sound) -> bool:
        try:
            return is_instrument(sound.path) and self._cache.find(sound) is None
        except OSError:
            return True

    def _make(self, session: Session, sound: Sound) -> tuple[int, Path]:
        from timbred_catalogs.playable import write_audition  # the daemon's start does not wait for decoders

        rate = session.source.sample_rate
        file = self._folder / f"{session.id}-{secrets.token_hex(4)}{AUDITION_SUFFIX}"
        try:
            write_audition(sound, rate, file, self._cache)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return rate, file

    def _answer(self, wish: Wish, rate: int, file: str, trouble: str) -> None:
        packet = osc.encode("/timbred/audio", wish.session.id, wish.number, rate, file, trouble)
        self._outbox.send(packet, wish.session.reply_port)
