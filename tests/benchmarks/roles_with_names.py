"""How often sounds get their role by ear alone, by their names alone and by both, right names and wrong.

    python tests/benchmarks/roles_with_names.py FOLDER...

FOLDER holds one-shots that the installed head did not learn from, for example lmms-common's
`/usr/share/lmms/samples`. The truth is what their names mean beyond doubt; a file without such a name is
left out.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from timbred.models import default_encoder, installed_files
from timbred.role_head import find_role_head
from timbred_catalogs.decode import UndecodableError, decode
from timbred_catalogs.hearing import embed, windows
from timbred_catalogs.role_names import NAME_CONFIDENCE, NOTHING, RoleGuess, guess_role
from timbred_catalogs.role_sounds import joined
from timbred_catalogs.roles import DRUM_ROLES
from timbred_training.role_names import drum_of_name


def main(folders: Sequence[Path]) -> None:
    encoders = {space: default_encoder(space) for space in installed_files()}
    head = find_role_head(list(encoders.values())).head
    if head is None:
        raise SystemExit("no head for roles is installed that fits a model")
    encoder = encoders[head.space]
    names, truth, heard = [], [], []
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        role = _truth(file.stem)
        if role is not None:
            try:
                heard.append(windows(decode(str(file)), encoder))
                names.append(file.stem)
                truth.append(role)
            except UndecodableError as error:
                print(f"left out: {file}: {error}")
    by_ear = [
        dict(zip(head.roles, row.tolist(), strict=True)) for row in head.probabilities(embed(encoder, heard))
    ]
    for group, wanted in (("drums", True), ("instruments", False)):
        rows = [row for row, role in enumerate(truth) if (role in DRUM_ROLES) == wanted]
        if rows:
            print(f"{len(rows)} {group}")
            _compare(
                [names[row] for row in rows], [truth[row] for row in rows], [by_ear[row] for row in rows]
            )


def _truth(name: str) -> str | None:
    drum = drum_of_name(name)
    guess = guess_role(name)
    sure = guess.confidence >= NAME_CONFIDENCE and guess.role not in DRUM_ROLES
    return drum or (guess.role if sure else None)


def _compare(names: list[str], truth: list[str], by_ear: list[dict[str, float]]) -> None:
    right_names = [guess_role(name, ["drums"]) for name in names]
    wrong_names = [right_names[row] for row in _others(truth)]
    nothing = [NOTHING] * len(names)
    _print("names alone", [guess.role for guess in right_names], truth)
    for title, said in (("nonsense", nothing), ("right", right_names), ("wrong", wrong_names)):
        both = [joined(guess, ear) for guess, ear in zip(said, by_ear, strict=True)]
        _print(f"ear, {title} names", [guess.role for guess in both], truth)
        _print_sure(both, truth)


def _others(truth: list[str]) -> list[int]:
    """For each sound another, whose role is a different one."""
    rng = np.random.default_rng(0)
    return [int(rng.choice([k for k, other in enumerate(truth) if other != role])) for role in truth]


def _print(title: str, roles: list[str | None], truth: list[str]) -> None:
    right = sum(role == true for role, true in zip(roles, truth, strict=True))
    none = roles.count(None)
    print(
        f"{title:<22} {100 * right / len(truth):5.1f} % right, {100 * none / len(truth):4.1f} % without role"
    )


def _print_sure(guesses: list[RoleGuess], truth: list[str]) -> None:
    sure = [guess.role == true for guess, true in zip(guesses, truth, strict=True) if guess.confidence > 0.8]
    if sure:
        print(
            f"{'':<22} of {len(sure)} with a confidence above 0.8: {100 * sum(sure) / len(sure):.1f} % right"
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main([Path(folder) for folder in sys.argv[1:]])
