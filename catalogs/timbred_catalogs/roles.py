"""The table of roles, each with the words that mean it in the names of files and folders.

A phrase of several words is those tokens in a row; its plural means the same. `ROLES` is also the order in
which roles are shown.
"""

from collections.abc import Iterable

from timbred_catalogs.errors import CatalogError

_WORDS = {
    "kick": (
        "kick, kik, kck, bd, bassdrum, bass drum, kickdrum, kdrum, kd, sub kick, grosse caisse, große "
        "trommel, bombo, キック"
    ),
    "snare": (
        "snare, snr, sd, sn, rim, rimshot, rs, sidestick, side stick, caja, caisse claire, kleine trommel, "
        "スネア"
    ),
    "clap": "clap, clp, cp, handclap, snap, fingersnap, palmas, クラップ",
    "closed_hat": (
        "ch, chh, hhc, hihat, hi hat, hat, hh, closedhat, closedhihat, closed hat, closed hihat, closed hi "
        "hat, hat closed, hats closed, hihat closed, hihats closed, hi hat closed, hh closed, closedhh, "
        "closed hh, pedal hat, hihat pedal, hi hat pedal, pedal hihat, hh pedal, charley, charley ferme, "
        "ハイハット"
    ),
    "open_hat": (
        "oh, ohh, hho, openhat, openhihat, open hat, open hihat, open hi hat, hat open, hats open, hihat "
        "open, hihats open, hi hat open, hh open, openhh, open hh, hat opened, hihat opened, hi hat opened, "
        "hat op, hh op, charley ouvert"
    ),
    "tom": "tom, lt, mt, ht, floortom, floor tom, rototom, hitom, lowtom, midtom",
    "cymbal": (
        "cymbal, cym, crash, crsh, cr, ride, rd, splash, china, cy, bell ride, ride bell, becken, platillo, "
        "シンバル"
    ),
    "percussion": (
        "perc, percussion, shaker, shkr, tambourine, tamb, tamborine, conga, bongo, cowbell, cow bell, cb, "
        "clave, cabasa, maraca, guiro, agogo, timbale, triangle, woodblock, wood block, djembe, cajon, "
        "tabla, castanet, vibraslap, cuica, udu, taiko, bodhran, surdo, sleighbell, sleigh bell, whistle"
    ),
    "bass": (
        "bass, basses, bas, bs, sub, subbass, sub bass, reese, acid bass, 808 bass, 808 s, 303, bassline, "
        "bass line, bass guitar, bass gtr, electric bass, upright bass, double bass, synth bass, bajo, "
        "basse, ベース"
    ),
    "keys": (
        "keys, piano, pno, ep, epiano, e piano, electric piano, rhodes, wurli, wurlitzer, clav, clavinet, "
        "harpsichord, keyboard, klavier, ピアノ"
    ),
    "organ": "organ, org, hammond, b3, farfisa, accordion, harmonium",
    "guitar": (
        "guitar, lead guitar, gtr, lead gtr, guit, strat, telecaster, ukulele, banjo, guitarra, gitarre, "
        "guitare, ギター"
    ),
    "strings": (
        "string, str, strgs, violin, vln, viola, cello, celli, contrabass, orchestra, orchestral, violin "
        "pizzicato, violin pizz, pizzicato strings, pizz strings, strings pizzicato, strings pizz, "
        "streicher, cuerdas"
    ),
    "brass": "brass, trumpet, tpt, trombone, tbn, horn, tuba, flugelhorn",
    "wind": (
        "wind, woodwind, flute, fl, clarinet, oboe, bassoon, sax, saxophone, recorder, panflute, pan flute, "
        "ocarina, shakuhachi, english horn, cor anglais"
    ),
    "lead": "lead, ld, synth lead, lead synth",
    "pad": "pad, atmo, ambient, ambience, drone, swell, texture",
    "pluck": "pluck, plucked, plk, harp, koto, kalimba, sitar, pizz, pizzicato",
    "mallet": (
        "mallet, marimba, vibraphone, vibes, xylophone, glockenspiel, glock, bell, celesta, musicbox, music "
        "box, steel drum, steelpan, chimes"
    ),
    "vocal": (
        "vocal, lead vocal, vox, lead vox, voc, voice, choir, acapella, acappella, vocoder, adlib, chant, "
        "aah, ooh, voz, voix, stimme, gesang"
    ),
    "effect": (
        "fx, sfx, effect, riser, uplifter, downlifter, sweep, noise, impact, whoosh, woosh, swoosh, laser, "
        "zap, siren, foley, scratch, reverse crash, vinyl, transition, glitch, sub drop, bass drop"
    ),
}

ROLES = tuple(_WORDS)
DRUM_ROLES = ROLES[: ROLES.index("percussion") + 1]
_SHORTEST_WITH_PLURAL = 3


def _plural(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """`closed hats` of `closed hat`; an abbreviation of two letters has none."""
    *first, last = phrase
    if len(last) < _SHORTEST_WITH_PLURAL or not last.isalpha() or last.endswith("s"):
        return phrase
    return (*first, last + ("es" if last.endswith(("sh", "ch", "x")) else "s"))


_SAID = {tuple(phrase.split()): role for role, words in _WORDS.items() for phrase in words.split(", ")}
ROLE_OF_PHRASE = {_plural(phrase): role for phrase, role in _SAID.items()} | _SAID

# Kinds of music whose names hold a role's word; those of drums and basses hold two, and never mean one.
_OF_DRUMS_AND_BASS = "drum bass, drum n bass, drum and bass, drums bass"
_GENRES = (
    "future bass, bass house, bass music, uk bass, vocal house, vocal trance, ambient house, ambient techno"
)
DRUMS_AND_BASS = frozenset(tuple(phrase.split()) for phrase in _OF_DRUMS_AND_BASS.split(", "))
GENRE_PHRASES = DRUMS_AND_BASS | {tuple(phrase.split()) for phrase in _GENRES.split(", ")}


def require_roles(roles: Iterable[str]) -> None:
    """Raises: CatalogError for a role that is not in the table."""
    for role in roles:
        if role not in ROLES:
            raise CatalogError(f"role must be one of {', '.join(ROLES)}, not {role}")
