"""The table of roles, each with the words that mean it in the names of files and folders.

A phrase of several words is those tokens in a row. `ROLES` is also the order in which roles are shown.
"""

from collections.abc import Iterable

from timbred_catalogs.errors import CatalogError

_WORDS = {
    "kick": "kick, kicks, kik, kck, bd, bassdrum, bass drum, kickdrum, kdrum, kd, grosse caisse",
    "snare": "snare, snares, snr, sd, sn, rim, rimshot, rs, sidestick, side stick, caja",
    "clap": "clap, claps, clp, cp, handclap, snap, snaps, fingersnap, palmas",
    "closed_hat": (
        "ch, chh, hhc, hihat, hi hat, hat, hats, hh, closedhat, closed hat, closed hihat, closed hi "
        "hat, hat closed, hihat closed, hi hat closed, hh closed, closedhh, closed hh, pedal hat, "
        "hihat pedal, hi hat pedal, pedal hihat, hh pedal"
    ),
    "open_hat": (
        "oh, ohh, hho, openhat, open hat, open hihat, open hi hat, hat open, hihat open, hi hat open, "
        "hh open, openhh, open hh, hats open, open hats, hat opened, hihat opened, hi hat opened, hat op"
    ),
    "tom": "tom, toms, lt, mt, ht, floortom, floor tom, rototom, hitom, lowtom, midtom",
    "cymbal": "cymbal, cymbals, cym, crash, crsh, cr, ride, rd, splash, china, cy, bell ride, ride bell",
    "percussion": (
        "perc, percs, percussion, shaker, shkr, tambourine, tamb, tamborine, conga, congas, bongo, "
        "bongos, cowbell, cow bell, cb, clave, claves, cabasa, maracas, maraca, guiro, agogo, "
        "timbale, timbales, triangle, woodblock, wood block, djembe, cajon, tabla, castanet, "
        "castanets, vibraslap, cuica, udu, taiko, bodhran, surdo, sleighbell, sleigh bell, whistle"
    ),
    "bass": "bass, basses, bas, bs, sub, subbass, sub bass, reese, acid bass, 808 bass, 303",
    "keys": (
        "keys, key, piano, pno, pianos, ep, epiano, e piano, electric piano, rhodes, wurli, "
        "wurlitzer, clav, clavinet, harpsichord, keyboard"
    ),
    "organ": "organ, organs, org, hammond, b3, farfisa, accordion, harmonium",
    "guitar": "guitar, guitars, gtr, gtrs, guit, strat, telecaster, ukulele, banjo",
    "strings": (
        "string, strings, str, strgs, violin, violins, vln, viola, cello, celli, contrabass, "
        "orchestra, orchestral"
    ),
    "brass": "brass, trumpet, tpt, trombone, tbn, horn, horns, tuba, flugelhorn",
    "wind": (
        "wind, woodwind, flute, fl, clarinet, oboe, bassoon, sax, saxophone, recorder, panflute, pan "
        "flute, ocarina, shakuhachi"
    ),
    "lead": "lead, leads, ld, synth lead, lead synth",
    "pad": "pad, pads, atmo, atmos, ambient, ambience, drone, drones, swell, texture",
    "pluck": "pluck, plucks, plucked, plk, harp, koto, kalimba, sitar, pizz, pizzicato",
    "mallet": (
        "mallet, mallets, marimba, vibraphone, vibes, xylophone, glockenspiel, glock, bell, bells, "
        "celesta, musicbox, music box, steel drum, steelpan, chimes"
    ),
    "vocal": (
        "vocal, vocals, vox, voc, voice, voices, choir, acapella, acappella, vocoder, adlib, chant, aah, ooh"
    ),
    "effect": (
        "fx, sfx, effect, effects, riser, risers, uplifter, downlifter, sweep, sweeps, noise, impact, "
        "impacts, whoosh, woosh, swoosh, laser, zap, siren, foley, scratch, scratches, reverse crash, vinyl, "
        "transition, glitch"
    ),
}

ROLES = tuple(_WORDS)
DRUM_ROLES = ROLES[: ROLES.index("percussion") + 1]
ROLE_OF_PHRASE = {
    tuple(phrase.split()): role for role, words in _WORDS.items() for phrase in words.split(", ")
}

# Kinds of music whose names hold a role's word.
_GENRES = (
    "drum bass, drum n bass, drum and bass, drums bass, future bass, bass house, bass music, uk bass, "
    "vocal house, vocal trance, ambient house, ambient techno"
)
GENRE_PHRASES = frozenset(tuple(phrase.split()) for phrase in _GENRES.split(", "))


def require_roles(roles: Iterable[str]) -> None:
    """Raises: CatalogError for a role that is not in the table."""
    for role in roles:
        if role not in ROLES:
            raise CatalogError(f"role must be one of {', '.join(ROLES)}, not {role}")
