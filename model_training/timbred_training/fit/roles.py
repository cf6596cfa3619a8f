"""The roles that the fit model is asked for, and the words of names that speak of each."""

import re

DRUM_ROLES = ("kick", "snare", "clap", "hat", "tom", "cymbal", "percussion")
TONAL_ROLES = ("bass", "keys", "lead", "pad")
FIT_ROLES = DRUM_ROLES + TONAL_ROLES

# Looked through from the top, so that "bass drum" is a kick and "kick drum" no percussion.
_PATTERNS = {
    role: re.compile(words)
    for role, words in {
        "kick": r"kick|\bbass ?dr(?:u?m|\b|\d)|\bbd\b|\bbd\d|kdrum|\bbassd(?:\b|\d)",
        "snare": r"snare|\bsnr|\bsn\b|\bsn\d|\bsd\b|\bsd\d|rimshot|side ?stick|\brim\b",
        "clap": r"clap|\bsnap(?!\w* ?(?:bass|lead|synth|pad|keys))",
        "hat": (
            r"\bhi ?hat|\bhh|hihat|\bhats?\b|open ?hat|closed ?hat"
            r"|(?<!bass )\bpedal(?! ?(?:steel|guitar|board|bass|organ|point|tone))"
        ),
        "cymbal": r"crash|\bride|cymbal|\bcym|splash|china|\brd\d? ",
        "tom": r"\btoms?\b(?!['\u2019])|\btom\d|floor ?tom|\btm\d? |tom [lh]|\btimp",
        "percussion": (
            r"perc|shaker|tamb|conga|bongo|cowbell|clave|cabasa|maraca|guiro|agogo|timbal|triangle|woodbl"
            r"|djembe|tabla|castanet|cuica|\bdrum"
        ),
        "bass": r"bass|\bsub",
        "pad": r"\bpad|string|choir|atmos|ambient",
        "keys": r"piano|\bkeys|\bep\b|organ|rhodes|clav|harpsi",
        "lead": r"lead|solo|synth|flute|trump|\bsax|square|\bsaw",
    }.items()
}
_PROGRAMS = (
    ("keys", 0, 7),
    ("keys", 16, 23),
    ("bass", 32, 39),
    ("pad", 48, 54),
    ("lead", 56, 87),
    ("pad", 88, 95),
)
_DRUM_KEYS = {
    "kick": (35, 36),
    "snare": (37, 38, 40),
    "clap": (39,),
    "hat": (42, 44, 46),
    "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
}


def role_of_name(name: str) -> str:
    """The role that a file's, a stem's or an instrument's name speaks of; empty if of none."""
    lower = re.sub(r"[_\-.]+", " ", name.lower())
    return next((role for role, pattern in _PATTERNS.items() if pattern.search(lower)), "")


def role_of_program(program: int) -> str:
    """The role of a General MIDI program 0..127; empty for what has none here."""
    return next((role for role, first, last in _PROGRAMS if first <= program <= last), "")


def role_of_drum_key(key: int) -> str:
    """The role of a key of General MIDI's drum channel."""
    return next((role for role, keys in _DRUM_KEYS.items() if key in keys), "percussion")
