"""What a sound is known by, wherever it lies: the hash of its file's bytes, and its place in them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from timbred_catalogs.instruments.vst3 import binary_of
from timbred_catalogs.places import is_plugin, place_of
from timbred_catalogs.scan import Found

HASH_BYTES = 16
READ_BYTES = 1 << 20


def content_id(found: Found) -> str:
    """BLAKE2b-128 of the file's bytes, in hex; of a preset inside it, of those and its place."""
    if found.preset is None:
        return _digest(str(content_of(found.path)))
    whole = _digest_once(str(content_of(found.path)), found.size_bytes, found.mtime_ns)
    return hashlib.blake2b(place_of(whole, found.preset).encode(), digest_size=HASH_BYTES).hexdigest()


def content_of(path: str) -> Path:
    """The file whose bytes and time stand for what is at `path`."""
    return binary_of(path) if is_plugin(path) else Path(path)


@lru_cache(maxsize=16)
def _digest_once(path: str, size_bytes: int, mtime_ns: int) -> str:
    """A file of hundreds of presets is read once."""
    return _digest(path)


def _digest(path: str) -> str:
    """Read in blocks of 1 MiB."""
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    with Path(path).open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
