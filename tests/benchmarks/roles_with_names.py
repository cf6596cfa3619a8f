"""How often drums get their role by ear alone, by their names alone and by both, right names and wrong.

    python tests/benchmarks/roles_with_names.py FOLDER

FOLDER holds one-shots that the installed head did not learn from, for example lmms-common's
`/usr/share/lmms/samples/drums`. The truth is what their names mean beyond doubt.
"""

import sys
from pathlib import Path

import numpy as np

from timbred.models import default_encoder
from timbred.role_head import find_role_head
from timbred_catalogs.decode import UndecodableError, decode
from timbred_catalogs.hearing import embed, windows
from timbred_catalogs.role_names import NOTHING, RoleGuess, guess_role
from timbred_catalogs.role_sounds import joined
from timbred_training.role_names import drum_of_name


def main(folder: Path) -> None:
    encoder = default_encoder("timbre")
    head = find_role_head([encoder]).head
    if head is None:
        raise SystemExit("no head for roles is installed for the timbre model")
    names, heard = [], []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and drum_of_name(file.stem):
            try:
                heard.append(windows(decode(str(file)), encoder))
                names.append(file.stem)
            except UndecodableError as error:
                print(f"left out: {file}: {error}")
    shares = head.probabilities(embed(encoder, heard))
    by_ear = [dict(zip(head.roles, row.tolist(), strict=True)) for row in shares]
    truth = [drum_of_name(name) for name in names]
    right_names = [guess_role(name, ["drums"]) for name in names]
    wrong_names = [right_names[row] for row in _others(truth)]
    nothing = [NOTHING] * len(names)
    print(f"{len(names)} sounds of {folder}")
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
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
