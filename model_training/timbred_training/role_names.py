"""Which drum a kit's own name for a voice means, and which a key of a General MIDI kit is.

A name that could mean two roles means none here: a half-open hat, a hat of which nobody says whether it is
open, a struck stick. Such sounds are neither learnt from nor counted.
"""

import re

_UNCLEAR = re.compile(r"\broll|semi|half|swish|free|chok|hat ring|\bloop|\bbeats|\brest\b")
# Looked through from the top, so that a "tambourine pedal" is no hat and a "djembe bass" no kick.
_PATTERNS = (
    (
        "percussion",
        r"perc|shaker|tamb|conga|bongo|cow ?bell|clave|cabasa|maraca|guiro|agogo|timbal|triangle|wood ?bl"
        r"|djembe|tabla|castanet|cuica|cajon|dununba|kenkeni|sangban|vibraslap",
    ),
    ("clap", r"\bclaps?\b|hand ?clap|\b(finger ?)?snaps?\b"),
    ("kick", r"kick|bass ?drum|\bbd\b|\bbd\d|kdrum"),
    ("snare", r"snare|\bsnr|\bsn\b|\bsd\b|rim ?shot|rim click|side ?stick"),
    ("hat", r"\bhihat|\bhats?\b|\bo?hh\b"),
    ("cymbal", r"crash|\bride|cymbal|\bcym|splash|china"),
    ("tom", r"\btoms?\b|\btom ?\d|floor ?tom|\btom ?(hi|lo|mid)"),
)
_COMPILED = tuple((role, re.compile(pattern)) for role, pattern in _PATTERNS)
_OPEN = re.compile(r"open|\bop\b|\bohh?\b")
_CLOSED = re.compile(r"close|\bcl\b|pedal|\bpd\b|foot")

# General MIDI's keys; what they mean in a kit of its own (orchestra, sound effects) or for a brush differs.
_OTHER_KEYS = (48, 56)
_BRUSH_KITS, _BRUSHED_KEYS = range(40, 48), (38, 39, 40)
_KEYS = {
    "kick": (35, 36),
    "snare": (37, 38, 40),
    "clap": (39,),
    "closed_hat": (42, 44),
    "open_hat": (46,),
    "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
    "percussion": (54, 56, 58, *range(60, 82)),
}
_ROLE_OF_KEY = {key: role for role, keys in _KEYS.items() for key in keys}


def drum_of_name(name: str) -> str:
    """The drum role that a name means beyond doubt; empty for none. In brackets stands who made it."""
    words = re.sub(r"\([^)]*\)", "", name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    words = re.sub(r"\bhi hat", "hihat", re.sub(r"[_\-.]+", " ", words).lower())
    if _UNCLEAR.search(words):
        return ""
    role = next((role for role, pattern in _COMPILED if pattern.search(words)), "")
    return _hat(words) if role == "hat" else role


def drum_of_key(kit: int, key: int) -> str:
    """The drum role of a key in General MIDI's kit number `kit`; empty for none."""
    if kit in _OTHER_KEYS or (kit in _BRUSH_KITS and key in _BRUSHED_KEYS):
        return ""
    return _ROLE_OF_KEY.get(key, "")


def _hat(words: str) -> str:
    is_open, is_closed = bool(_OPEN.search(words)), bool(_CLOSED.search(words))
    if is_open == is_closed:
        return ""
    return "open_hat" if is_open else "closed_hat"
