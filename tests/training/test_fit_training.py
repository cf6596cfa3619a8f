"""The fit model's heads: they learn, they are measured, and they are the same when exported."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from timbred_training.encoder import Encoder
from timbred_training.errors import TrainingError
from timbred_training.export import export_encoder
from timbred_training.fit.bank import (
    Bank,
    draw_mixes,
    join_banks,
    make_bank,
    read_bank,
    require_trunk,
    trunk_hash,
)
from timbred_training.fit.folds import MOST_FOLDS, folds_of, measure_folds
from timbred_training.fit.heads import FitHeads, joined
from timbred_training.fit.measure import asked_of, measure_bank, measured_by_chance
from timbred_training.fit.model import ContextEncoder, SampleEncoder, load_heads
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.settings import FitSettings, fit_settings_from
from timbred_training.fit.song_set import SongEntry, SongSet, read_song_set
from timbred_training.fit.train import Questions, train_fit
from timbred_training.frontend import BANDS, SAMPLE_RATE
from timbred_training.training_notes import TrainingNotes

TOY = FitSettings(
    steps=120,
    batch=32,
    components=8,
    hidden=64,
    learning_rate=0.01,
    threads=1,
    hold_out=("author 3",),
    dropout=0.0,
)
SONGS, VARIANTS, FEATURES = 24, 3, 40


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Songs of four authors, each with a taste: a direction that all its sounds and contexts share."""
    rng = np.random.default_rng(0)
    taste = rng.standard_normal((SONGS, 6))
    into, over = rng.standard_normal((2, 6, FEATURES))
    shot_song = np.repeat(np.arange(SONGS), 2)
    stem = np.tile([0, 1], SONGS)
    features = taste[shot_song] @ into
    noise = 0.1 * rng.standard_normal((len(shot_song), VARIANTS, FEATURES))
    mix_song = np.repeat(np.arange(SONGS), 6)
    has = np.zeros((len(mix_song), 3), dtype=bool)
    has[:, 2] = True
    mixes = taste[mix_song] @ over + 0.1 * rng.standard_normal((len(mix_song), FEATURES))
    query_song = np.repeat(np.arange(SONGS), 4)
    return Bank(
        trunk=np.array("0" * 8),
        name=np.array([f"song {k}" for k in range(SONGS)]),
        author=np.array([f"author {k % 4}" for k in range(SONGS)]),
        source=np.full(SONGS, "toy"),
        real=np.ones(SONGS, dtype=bool),
        shot_song=shot_song,
        shot_stem=stem,
        shot_role=stem,
        shot_copy=np.arange(len(shot_song)),
        shot_beginning=np.arange(len(shot_song), dtype=np.float32)[:, None, None]
        * np.ones((1, 10, 3), np.float32),
        shot_feature=(features[:, None] + noise).astype(np.float16),
        lo_fi_feature=features.astype(np.float16),
        mix_feature=mixes.astype(np.float16),
        mix_song=mix_song,
        mix_has=has,
        query_feature=(taste[query_song] @ over).astype(np.float16),
        query_song=query_song,
        query_stem=np.tile([0, 0, 1, 1], SONGS),
        query_role=np.tile([0, 0, 1, 1], SONGS),
        query_in_mix=np.tile([False, True], 2 * SONGS),
        query_lo_fi=np.zeros(4 * SONGS, dtype=bool),
    )


def test_heads_learn_what_songs_have_in_common(bank: Bank, tmp_path: Path) -> None:
    measured = train_fit(bank, TOY, tmp_path)
    assert measured is not None
    complete, in_mix = measured.rows()
    assert complete.name == "real songs, complete"
    assert in_mix.name == "real songs, in the mix"
    assert complete.questions == SONGS // 4 * 2
    assert complete.median < 0.1
    assert measured.kits["real songs"].mean() > 0.8
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["real songs, complete"] == round(complete.median, 4)


def test_nothing_of_a_held_out_author_is_drawn(bank: Bank) -> None:
    questions = Questions(bank, TOY)
    drawn = questions.draw(np.random.default_rng(0))
    assert "author 3" not in bank.author[bank.mix_song[drawn.mix.numpy()]]
    assert "author 3" not in bank.author[bank.shot_song[questions.shots]]


def test_a_held_out_author_s_recording_is_nowhere_learnt_from(bank: Bank) -> None:
    """Song 0 has a recording of song 3, whose author is held out, and plays it in some contexts."""
    copied = replace(bank, shot_copy=bank.shot_copy.copy(), mix_has=bank.mix_has.copy())
    copied.shot_copy[0] = copied.shot_copy[6]
    copied.mix_has[:2, 0] = True
    questions = Questions(copied, TOY)
    assert 0 not in questions.shots and 1 in questions.shots
    assert {0, 1}.isdisjoint(questions.mixes) and 2 in questions.mixes


def test_an_author_to_hold_out_must_be_in_the_bank(bank: Bank, tmp_path: Path) -> None:
    unknown = r"must be of the songs' \['author 0', .*\], not \['autor 3'\]$"
    with pytest.raises(TrainingError, match=unknown):
        train_fit(bank, replace(TOY, hold_out=("autor 3", "author 2")), tmp_path)
    with pytest.raises(TrainingError, match=unknown):
        measure_bank(bank, FitHeads(FEATURES, TOY.components, TOY.hidden), ["autor 3"])


def test_negatives_are_of_the_role_and_of_no_copy_in_the_song(bank: Bank) -> None:
    copied = replace(bank, shot_copy=np.where(bank.shot_song == 1, bank.shot_stem, bank.shot_copy))
    questions = Questions(copied, replace(TOY, hold_out=(), any_share=0.0))
    drawn = questions.draw(np.random.default_rng(1))
    shots = questions.shots
    for mix, role, negative in zip(drawn.mix.tolist(), drawn.role, drawn.negative.numpy(), strict=True):
        song = copied.mix_song[mix]
        assert (copied.shot_role[shots[negative]] == role.item()).all()
        own = copied.shot_copy[copied.shot_song == song]
        assert not np.isin(copied.shot_copy[shots[negative]], own).any()
        assert negative.sum() == ((copied.shot_role == role.item()) & ~np.isin(copied.shot_copy, own)).sum()


def test_a_sound_that_plays_by_its_copy_is_not_asked_for_as_absent(bank: Bank) -> None:
    """Both stems of song 0 play one recording, and one of them is in every context."""
    copied = replace(bank, shot_copy=bank.shot_copy.copy(), mix_has=bank.mix_has.copy())
    copied.shot_copy[:4] = [0, 0, 2, 3]
    copied.mix_has[:12, 0] = True
    questions = Questions(copied, replace(TOY, hold_out=(), absent_share=1.0))
    rng = np.random.default_rng(0)
    assert {questions._asked(rng, 0) for _ in range(50)} == {0, 1}  # nothing is absent: any may be asked for
    assert {questions._asked(rng, 6) for _ in range(50)} == {3}


def test_too_few_rows_for_the_components_are_refused(bank: Bank, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no more than the \d+ contexts and .* the 40 features, not 60$"):
        train_fit(bank, replace(TOY, components=60), tmp_path)


def test_a_loss_that_is_no_number_leaves_no_heads(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "timbred_training.fit.train.loss_parts", lambda *_: {"nt_xent": torch.tensor(torch.nan)}
    )
    with pytest.raises(TrainingError, match="the loss must stay a number: at step 1 of 120 it did not"):
        train_fit(bank, TOY, tmp_path)
    with pytest.raises(TrainingError, match=r"must hold heads\.pt"):
        load_heads(tmp_path)


@pytest.mark.parametrize("kept", ["heads.pt", "checkpoint.pt"])
def test_heads_are_not_trained_over_another_run(bank: Bank, tmp_path: Path, kept: str) -> None:
    for name in (kept, "metrics.jsonl"):
        (tmp_path / name).write_text("kept")
    with pytest.raises(TrainingError, match=rf"must hold no run yet, and .*{kept} is there$"):
        train_fit(bank, replace(TOY, steps=1), tmp_path)
    assert (tmp_path / kept).read_text() == (tmp_path / "metrics.jsonl").read_text() == "kept"


def test_damaged_heads_and_those_of_another_version_are_named(bank: Bank, tmp_path: Path) -> None:
    train_fit(bank, replace(TOY, steps=1), tmp_path)
    file, rule = tmp_path / "heads.pt", rf"{tmp_path}/heads\.pt"
    state = torch.load(file, weights_only=True)
    for changed, why in (
        ({"settings": {"colour": 1}}, f"of this version, and {rule} is not: .*colour"),
        ({"heads": {}}, f"settings' sizes, and {rule} is not: "),
        ({"features": FEATURES + 1}, f"settings' sizes, and {rule} is not: "),
    ):
        torch.save(state | changed, file)
        with pytest.raises(TrainingError, match=why):
            load_heads(tmp_path)
    torch.save({"trunk": "0" * 8}, file)
    with pytest.raises(TrainingError, match=f"{rule} lacks features, heads, settings$"):
        load_heads(tmp_path)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(TrainingError, match=f"one that a run wrote, and {rule} is none"):
        load_heads(tmp_path)


def test_one_song_has_no_wrong_answers(bank: Bank, tmp_path: Path) -> None:
    one = replace(bank, author=np.array(["somebody", *["others"] * (SONGS - 1)]))
    with pytest.raises(TrainingError, match="two songs at least must be trained on"):
        train_fit(one, replace(TOY, hold_out=("others",)), tmp_path)


def renamed(bank: Bank) -> Bank:
    """The same songs by other names."""
    return replace(bank, name=np.char.add("other ", bank.name))


def test_a_song_is_in_one_bank(bank: Bank) -> None:
    with pytest.raises(TrainingError, match=r"must be in one bank, and 24 are in two: song 0$"):
        join_banks([bank, replace(bank, shot_feature=bank.shot_feature + 1)])
    like_named = replace(bank, shot_beginning=bank.shot_beginning - 30.0)
    assert len(join_banks([bank, like_named]).name) == 2 * SONGS


def test_prepared_songs_and_notes_are_named_once(toy_notes_prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"prepared songs must be named once, not \['.*x', '.*x'\]"):
        read_song_set([tmp_path / "x", tmp_path / "." / "x"])
    with pytest.raises(TrainingError, match="prepared notes must be named once"):
        TrainingNotes([toy_notes_prepared, toy_notes_prepared])
    with pytest.raises(TrainingError, match="prepared mixtures must be named once"):
        TrainingNotes([toy_notes_prepared], mixtures=[tmp_path, tmp_path])


def test_banks_know_copies_of_each_other_and_are_of_one_trunk(bank: Bank) -> None:
    twice = join_banks([bank, renamed(bank)])
    assert twice.shot_copy.tolist() == [*bank.shot_copy, *bank.shot_copy]
    assert (twice.shot_song[len(bank.shot_song) :] == bank.shot_song + SONGS).all()
    with pytest.raises(TrainingError, match="banks must be of one trunk, not of 00000000 and 11111111"):
        join_banks([bank, replace(bank, trunk=np.array("1" * 8))])


def test_heads_are_exported_with_their_own_trunk_alone(bank: Bank, tmp_path: Path) -> None:
    train_fit(bank, replace(TOY, steps=1), tmp_path)
    with pytest.raises(TrainingError, match="must meet the trunk that they were made of, 00000000, not "):
        require_trunk(Encoder((8, 16), (1, 1), 2, 1, 16), load_heads(tmp_path)[2], "the heads")


def test_what_is_fitted_behind_a_trunk_does_not_make_it_another() -> None:
    torch.manual_seed(0)
    encoder = Encoder((8, 16), (1, 1), 2, 1, 16)
    before = trunk_hash(encoder)
    torch.nn.init.zeros_(encoder.project.weight)
    torch.nn.init.zeros_(encoder.role_shift)
    assert trunk_hash(encoder) == before
    torch.nn.init.zeros_(encoder.norm.weight)
    assert trunk_hash(encoder) != before


def test_chance_is_the_mean_of_many_draws(bank: Bank) -> None:
    asked, shots = asked_of(bank)
    rows = [
        measured_by_chance(asked, shots, bank.real, np.random.default_rng(seed)).rows()[0]
        for seed in range(2)
    ]
    assert [row.questions for row in rows] == [2 * SONGS, 2 * SONGS]
    assert rows[0].median == pytest.approx(0.5, abs=0.05)
    chance = measured_by_chance(asked, shots, bank.real, np.random.default_rng(0))
    assert len(chance.normalised) == len(asked.song)
    assert chance.kits["real songs"].mean() == pytest.approx(0.5, abs=0.08)


def test_joined_heads_say_the_mean_of_what_each_says() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2, 60, FEATURES))
    members = []
    for seed in range(3):
        torch.manual_seed(seed)
        members.append(FitHeads(FEATURES, components=8, hidden=16).eval())
        for parameter in members[-1].parameters():
            torch.nn.init.normal_(parameter)
        members[-1].fit_whitenings(*rows)
    x, role = torch.randn(5, 8), torch.tensor([0, 3, len(FIT_ROLES), 1, 1])
    whole = joined(members)
    samples = torch.stack([m.sample(x) for m in members]).mean(dim=0)
    contexts = torch.stack([m.context.ask(x, role) for m in members]).mean(dim=0)
    assert torch.allclose(whole.sample(x), samples, atol=1e-4)
    assert torch.allclose(whole.context.ask(x, role), contexts, atol=1e-4)
    one = members[1]
    for side in ("context_whitening", "sample_whitening"):
        assert torch.equal(
            whole.get_submodule(side)(torch.ones(FEATURES)), one.get_submodule(side)(torch.ones(FEATURES))
        )


def test_members_come_back_from_disk_as_one(bank: Bank, tmp_path: Path) -> None:
    train_fit(bank, replace(TOY, steps=2, members=3), tmp_path)
    heads, settings, _ = load_heads(tmp_path)
    assert settings.members == 3 and heads.sample.widen.out_features == 3 * TOY.hidden
    first, second, third = heads.sample.widen.weight.chunk(3)
    assert not torch.equal(first, second) and not torch.equal(second, third)
    steps = [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert steps == [2, 4, 6, 6]
    with pytest.raises(TrainingError, match=r"members must be 1\.\.1000, not 0"):
        fit_settings_from({"members": 0})


def test_each_regularisation_can_be_switched_off(bank: Bank, tmp_path: Path) -> None:
    few = replace(TOY, steps=2)
    train_fit(bank, few, tmp_path / "all")
    train_fit(bank, replace(few, gamma=0.0, delta=0.0, eta=0.0), tmp_path / "none")
    named = [
        set(json.loads((tmp_path / run / "metrics.jsonl").read_text().splitlines()[0]))
        for run in ("all", "none")
    ]
    assert named[0] - named[1] == {"variance", "covariance", "norm"}


def test_every_author_is_held_out_once(bank: Bank) -> None:
    assert [fold[0] for fold in folds_of(bank)] == ["author 0", "author 1", "author 2", "author 3"]
    measured = measure_folds(bank, replace(TOY, steps=3))
    assert len(measured.asked.song) == len(bank.query_song)


def test_many_authors_share_folds_of_as_many_songs(bank: Bank) -> None:
    real = np.repeat([f"author {n}" for n in range(20)], 1 + np.arange(20) % 5)
    many = replace(bank, author=np.append(real, "a kit"), real=np.arange(len(real) + 1) < len(real))
    folds = list(folds_of(many))
    assert len(folds) == MOST_FOLDS
    assert sorted(author for fold in folds for author in fold) == sorted({*real.tolist(), "a kit"})
    songs = [int(np.isin(real, fold).sum()) for fold in folds]
    assert max(songs) - min(songs) <= 2


def test_a_bank_comes_back_from_disk_and_joins_another(bank: Bank, tmp_path: Path) -> None:
    bank.write(tmp_path / "bank.npz")
    joined = join_banks([read_bank(tmp_path / "bank.npz"), renamed(bank)])
    assert len(joined.name) == 2 * SONGS
    assert joined.mix_song.max() == 2 * SONGS - 1
    with pytest.raises(TrainingError, match="a bank must be"):
        read_bank(tmp_path / "none.npz")


def test_a_bank_that_was_cut_off_is_refused(bank: Bank, tmp_path: Path) -> None:
    bank.write(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    for name, size in (("half", len(whole) // 2), ("empty", 0)):
        (tmp_path / f"{name}.npz").write_bytes(whole[:size])
        with pytest.raises(TrainingError, match=rf"must be made by `timbred-train fit bank`, not .*{name}"):
            read_bank(tmp_path / f"{name}.npz")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TrainingError, match="stepps"):
        fit_settings_from({"stepps": 3})
    with pytest.raises(TrainingError, match="hidden must be of the type of 64"):
        fit_settings_from({"hidden": "wide"})


def levels(rng: np.random.Generator, columns: int) -> np.ndarray:
    return rng.uniform(-60.0, 0.0, (columns, BANDS)).astype(np.float16)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder((16, 32), (1, 1), dim=32).eval()


def test_the_complete_context_never_holds_the_asked_sample_or_its_copy(encoder: Encoder) -> None:
    rng = np.random.default_rng(0)
    song = SongEntry("a", "b", "c", True, tuple(levels(rng, 400) for _ in range(3)))
    shot = levels(rng, 101)
    songs = SongSet(
        (song,), (shot, shot), np.array([0, 0]), np.array([0, 1]), np.array([0, 0]), np.array([0, 0])
    )
    assert songs.copies_in(0, 0) == {0, 1}
    made = make_bank(songs, encoder, real_mixes=3, other_mixes=0, variants=1)
    assert made.mix_has.shape == (3, 3)
    assert made.mix_has.any(axis=1).all()
    silent = replace(song, stems=(song.stems[0], np.full_like(song.stems[1], -110.0), song.stems[2]))
    alone = replace(songs, songs=(silent,))
    other = make_bank(alone, encoder, real_mixes=3, other_mixes=0, variants=1)
    first = (made.query_stem == 0) & ~made.query_in_mix & ~made.query_lo_fi
    same = (other.query_stem == 0) & ~other.query_in_mix & ~other.query_lo_fi
    assert np.allclose(made.query_feature[first], other.query_feature[same], atol=1e-2)


def test_a_context_is_drawn_where_something_sounds_and_of_silence_holds_nothing() -> None:
    rng = np.random.default_rng(0)
    rest = np.full((4000, BANDS), -110.0, np.float16)
    late = SongEntry(
        "a", "b", "c", True, (np.concatenate([rest, levels(rng, 2000)]), np.tile(rest[:1], (6000, 1)))
    )
    never = replace(late, name="d", stems=(late.stems[1], late.stems[1]))
    shots = (levels(rng, 101),) * 2
    songs = SongSet((late, never), shots, np.array([0, 1]), np.zeros(2, int), np.zeros(2, int), np.arange(2))
    drawn, whose, has = draw_mixes(rng, songs, 24, 0)
    assert len(drawn) == 48
    assert has[whose == 0].tolist() == [[True, False]] * 24
    assert not has[whose == 1].any()


@pytest.mark.slow
def test_both_exported_encoders_answer_as_pytorch_does(encoder: Encoder, tmp_path: Path) -> None:
    torch.manual_seed(1)
    features = 2 * 32 * (BANDS // 8)
    heads = FitHeads(features, components=8, hidden=16).eval()
    rng = np.random.default_rng(0)
    heads.fit_whitenings(*rng.standard_normal((2, 60, features)))
    audio = 0.1 * torch.randn(2, SAMPLE_RATE)
    for module, space, roles in (
        (ContextEncoder(encoder, heads), "fit.context", FIT_ROLES),
        (SampleEncoder(encoder, heads), "fit.sample", ()),
    ):
        path = tmp_path / f"{space}.onnx"
        export_encoder(
            module.eval(),
            path,
            space=space,
            model_id="fit-1-0",
            sample_rate=SAMPLE_RATE,
            window_seconds=1.0,
            embedding_dim=8,
            roles=roles,
        )
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        with torch.no_grad():
            answer = module(audio)
        expected = answer if isinstance(answer, tuple) else (answer,)
        for found, wanted in zip(session.run(None, {"audio": audio.numpy()}), expected, strict=True):
            assert np.abs(found - wanted.numpy()).max() < 1e-4
        assert session.get_modelmeta().custom_metadata_map["timbred.space"] == space


def test_a_run_gives_its_heads_back(bank: Bank, tmp_path: Path) -> None:
    train_fit(bank, replace(TOY, steps=2), tmp_path)
    heads, settings, trunk = load_heads(tmp_path)
    assert settings == replace(TOY, steps=2)
    assert trunk == "0" * 8
    assert heads.dim == 8
    with pytest.raises(TrainingError, match=r"must hold heads\.pt"):
        load_heads(tmp_path / "nowhere")
