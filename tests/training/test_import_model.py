"""An exported model back as a run: it answers as the file does, and can be refitted and trained."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from onnx import TensorProto, helper, load, save
from toy_settings import TOY

from timbred_training.blend import blend
from timbred_training.encoder import ROLES
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.import_model import import_model
from timbred_training.refit import refit
from timbred_training.run_folder import read_run
from timbred_training.settings import Settings, load_settings
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel
from timbred_training.train import train


@pytest.fixture(scope="module")
def imported(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run that the exported model makes."""
    return import_model(exported, TOY, tmp_path_factory.mktemp("imported") / "run").parent


def test_an_imported_run_answers_as_the_model_that_was_exported(model: TimbreModel, imported: Path) -> None:
    audio = torch.randn(2, 16_000, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        for ours, theirs in zip(load_run(imported)(audio), model(audio), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0.0)


def test_a_role_that_the_file_does_not_hold_is_as_in_a_new_encoder(
    model: TimbreModel, imported: Path
) -> None:
    ours, theirs = load_run(imported).encoder, model.encoder
    shipped = len(SHIPPED_ROLES)
    assert shipped < len(ROLES)
    torch.testing.assert_close(ours.role_shift[:shipped], theirs.role_shift[:shipped])
    assert theirs.role_shift[shipped:].any()
    assert not ours.role_focus.weight[shipped:].any()


def test_training_begins_with_an_imported_run(
    imported: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), steps=1, learning_rate=0.0)
    with pytest.raises(TrainingError, match="freeze_norms_from must be 0 after an imported run"):
        train(settings, tmp_path / "run", start_from=imported)
    train(replace(settings, freeze_norms_from=0.0), tmp_path / "run", start_from=imported)
    ours, theirs = load_run(tmp_path / "run").encoder, load_run(imported).encoder
    torch.testing.assert_close(ours.project.weight, theirs.project.weight)


def test_norms_stay_frozen_in_what_is_trained_of_it_or_blended(
    imported: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), steps=1, freeze_norms_from=0.0)
    train(settings, tmp_path / "next", start_from=imported)
    blend(tmp_path / "next", imported, tmp_path / "both")
    for run in ("next", "both"):
        with pytest.raises(TrainingError, match="freeze_norms_from must be 0 after an imported run"):
            train(replace(settings, freeze_norms_from=0.5), tmp_path / "last", start_from=tmp_path / run)
    multi = replace(settings, objective="multi", single_run=str(imported))
    with pytest.raises(TrainingError, match="freeze_norms_from must be 0 after an imported run"):
        train(replace(multi, freeze_norms_from=0.5), tmp_path / "multi")
    train(multi, tmp_path / "multi")
    train(replace(settings, freeze_norms_from=0.5), tmp_path / "own")
    with pytest.raises(TrainingError, match="must both begin from an imported one, or neither"):
        blend(tmp_path / "own", imported, tmp_path / "none")


def test_a_last_layer_is_fitted_anew_to_an_imported_run(
    imported: Path, exported: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),))
    run = import_model(exported, settings, tmp_path / "run").parent
    refit(run, tmp_path / "refit")
    ours, theirs = load_run(tmp_path / "refit").encoder, load_run(imported).encoder
    torch.testing.assert_close(ours.role_block.widen.weight, theirs.role_block.widen.weight)
    assert not torch.allclose(ours.project.weight, theirs.project.weight)


@pytest.mark.slow
def test_the_shipped_model_can_be_imported(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    settings = load_settings(root / "model_training" / "configs" / "live-songs.toml")
    import_model(root / "daemon" / "timbred" / "models" / "timbre.onnx", settings, tmp_path / "run")
    assert read_run(tmp_path / "run")["instruments"] == []


def test_a_role_that_nobody_asks_for_is_refused(exported: Path, tmp_path: Path) -> None:
    changed = load(exported)
    roles = next(fact for fact in changed.metadata_props if fact.key == "timbred.roles")
    roles.value = roles.value.replace("keys", "piano")
    save(changed, tmp_path / "piano.onnx")
    with pytest.raises(TrainingError, match=r"roles of a model to import must be of bass, .*, not piano"):
        import_model(tmp_path / "piano.onnx", TOY, tmp_path / "run")


def test_an_imported_run_has_no_step_to_go_on_from(imported: Path, toy_notes_prepared: Path) -> None:
    with pytest.raises(TrainingError, match=r"must be resumed from a step that it trained, .* holds none"):
        train(replace(TOY, data=(str(toy_notes_prepared),)), imported)


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (replace(TOY, dim=16), r"exported in floats, and .* has \(32, 768\) for \(16, 768\)"),
        (replace(TOY, depths=(1, 2)), "must be the settings' encoder, .* has .* for "),
        (
            replace(TOY, encoder="ast"),
            "must be of the encoder live and the objective timbre or held, not ast",
        ),
        (replace(TOY, objective="masks"), "must be of the encoder live .* not live and masks"),
    ],
)
def test_settings_of_another_encoder_are_refused(
    exported: Path, tmp_path: Path, settings: Settings, rule: str
) -> None:
    with pytest.raises(TrainingError, match=rule):
        import_model(exported, settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "song.onnx").write_bytes(b"RIFF")
    with pytest.raises(
        TrainingError, match=r"must be an \.onnx file that ONNX Runtime opens, and .*song\.onnx is none"
    ):
        import_model(tmp_path / "song.onnx", TOY, tmp_path / "run")


def test_weights_that_make_another_encoder_are_refused(exported: Path, tmp_path: Path) -> None:
    """A file that holds all weights and does something else with them."""
    changed = load(exported)
    last = next(node for node in changed.graph.node if "embedding" in node.output)
    last.output[list(last.output).index("embedding")] = "before"
    changed.graph.initializer.append(helper.make_tensor("half", TensorProto.FLOAT, [], [0.5]))
    changed.graph.node.append(helper.make_node("Mul", ["before", "half"], ["embedding"]))
    save(changed, tmp_path / "changed.onnx")
    with pytest.raises(TrainingError, match="must make an encoder that answers within"):
        import_model(tmp_path / "changed.onnx", TOY, tmp_path / "run")


def test_a_run_is_not_written_over(exported: Path, imported: Path) -> None:
    with pytest.raises(TrainingError, match="must hold no run yet"):
        import_model(exported, TOY, imported)
