"""A name teaches a drum role only where it means one beyond doubt."""

import pytest

from timbred_training.role_names import drum_of_key, drum_of_name


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Hi Hat Opened", "open_hat"),
        ("VariBreaks Hat 1 Op", "open_hat"),
        ("Hi-Hat Pedal (Paiste Alpha Metal edge 14)", "closed_hat"),
        ("Tambourine Pedal (Pearl PTM-10GH)", "percussion"),
        ("Djembe1 Bass", "percussion"),
        ("KdrumL", "kick"),
        ("Snare 2 Rimshot (Pearl Free Floating Maple)", "snare"),
        ("tomhi4", "tom"),
        ("HihatClosed", "closed_hat"),
        ("Crash/Ride Bell", "cymbal"),
    ],
)
def test_a_clear_name_means_its_drum(name: str, role: str) -> None:
    assert drum_of_name(name) == role


@pytest.mark.parametrize(
    "name", ["Hi-Hat Semiopen", "Hat Low", "hihat", "Stick", "Snare Roll", "Splash Choke", "Drum 2", "Bell"]
)
def test_a_name_that_could_mean_two_roles_means_none(name: str) -> None:
    assert drum_of_name(name) == ""


def test_a_key_means_its_drum_except_in_kits_of_another_order() -> None:
    assert [drum_of_key(0, key) for key in (36, 37, 42, 46, 51, 75)] == [
        "kick",
        "snare",
        "closed_hat",
        "open_hat",
        "cymbal",
        "percussion",
    ]
    assert drum_of_key(48, 42) == ""
    assert drum_of_key(40, 38) == ""
    assert drum_of_key(40, 36) == "kick"
