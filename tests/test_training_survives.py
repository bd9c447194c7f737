"""Training that is killed goes on to the same end; a full disk or a damaged checkpoint costs nothing that was saved."""

import errno
import functools
import multiprocessing
import os
import shutil
import signal
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from killable_training import run
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint
from tiny_training import N_BATCHES, differences, leftovers, tiny_dataset, tiny_result, tiny_train

import helpers.files
from helpers.batching import DocumentSentimentDataLoader
from helpers.data import LABEL2INDEX, DocumentSentimentDataset
from helpers.files import WriteError, write_atomically
from helpers.messages import message
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.training import CHECKPOINT, NEXT_CHECKPOINT, PREVIOUS_CHECKPOINT, TrainingError, make_optimizer, save_model

KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def processes():
    """Starts processes; where the system can, they fork from one that has imported everything already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        if "forkserver" not in multiprocessing.get_all_start_methods():
            yield multiprocessing.get_context("spawn")
            return
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "killable_training"])
        yield context


@pytest.fixture
def in_a_process(processes, tiny, tmp_path):
    """Train in another process, in the folder `run`; returns its exit code and, if it got that far, the result."""

    def start(kill=(None, 0), folder=tmp_path / "run", **options):
        result = tmp_path / "result.pt"
        result.unlink(missing_ok=True)
        process = processes.Process(target=run, args=(tiny, folder, result, kill, options))
        process.start()
        process.join(timeout=120)
        return process.exitcode, torch.load(result, weights_only=True) if result.exists() else None

    return start


@pytest.fixture(scope="module")
def uninterrupted(processes, tiny, tmp_path_factory):
    """The result of a run that nothing disturbs and that writes nothing."""
    path = tmp_path_factory.mktemp("whole") / "result.pt"
    process = processes.Process(target=run, args=(tiny, None, path))
    process.start()
    process.join(timeout=120)
    return torch.load(path, weights_only=True)


# 15 steps; checkpoints after batches 2 and 4 of each epoch and at its end. Each of them: one file written and
# synchronised; renamed to .next, the old one to .previous (not the first time), .next to its own name.
# Nine checkpoints, 26 renamings.
KILLS = [
    ("step", 1), ("step", 3), ("step", 6), ("step", 9), ("step", 15), ("write", 1), ("write", 3), ("write", 9),
    ("fsync", 2), ("fsync", 4), ("replace", 1), ("replace", 2), ("replace", 4), ("replace", 5), ("replace", 26),
    ("write", 10), ("write", 14), ("replace", 27), ("replace", 31),  # the five files of the finished model
]  # fmt: skip


@pytest.mark.parametrize(("where", "number"), KILLS)
def test_a_run_killed_at_any_step_or_in_the_middle_of_a_save_ends_as_if_it_had_not_been(
    in_a_process, uninterrupted, tmp_path, where, number
):
    code, nothing = in_a_process(kill=(where, number))
    assert code == KILLED
    assert nothing is None
    code, result = in_a_process()
    assert code == 0
    assert differences(result, uninterrupted) == []
    assert leftovers(tmp_path / "run") == []


def test_a_run_killed_again_and_again_ends_as_if_it_had_not_been(in_a_process, uninterrupted):
    kills = 0
    while (code := in_a_process(kill=("step", 4))[0]) == KILLED:
        kills += 1
        assert kills < 10, "the run makes no progress"
    assert kills > 2
    code, result = in_a_process()
    assert (code, differences(result, uninterrupted)) == (0, [])


def test_a_killed_run_goes_on_where_its_last_checkpoint_was(in_a_process, tiny, tmp_path, capsys):
    in_a_process(kill=("step", N_BATCHES + 4))
    tiny_train(tiny, model_dir=tmp_path / "run", resume=True, save_every=2)
    assert message("training.resumed", epoch=2, batch=2) in capsys.readouterr().out


@pytest.fixture
def stopped(tiny, tmp_path):
    """The folder of a run that stopped after 8 steps, with two checkpoints."""
    steps = 0

    def forward(*arguments, **options):
        nonlocal steps
        steps += torch.is_grad_enabled()
        if steps == N_BATCHES + 4:
            raise InterruptedError
        return forward_sequence_classification(*arguments, **options)

    with pytest.raises(InterruptedError):
        tiny_train(tiny, model_dir=tmp_path / "stopped", save_every=2, forward_fn=forward)
    return tmp_path / "stopped"


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a flipped bit": flip_a_byte,
    "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "nothing in it": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another file": lambda path: path.write_text("bukan checkpoint"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_leads_to_the_same_end(stopped, tiny, uninterrupted, capsys, damage):
    DAMAGES[damage](stopped / CHECKPOINT)
    result = tiny_result(tiny, model_dir=stopped, resume=True, save_every=2)
    output = capsys.readouterr().out
    assert message("training.damaged_checkpoint", path=stopped / CHECKPOINT) in output
    assert message("training.resumed", epoch=2, batch=0) in output
    assert differences(result, uninterrupted) == []


def test_after_a_damaged_checkpoint_the_next_save_does_not_risk_the_good_one(stopped, in_a_process, uninterrupted):
    flip_a_byte(stopped / CHECKPOINT)
    code, _ = in_a_process(kill=("replace", 3), folder=stopped)  # the damaged one has become the previous one
    assert code == KILLED
    assert not (stopped / CHECKPOINT).exists()
    assert (stopped / NEXT_CHECKPOINT).exists()
    code, result = in_a_process(folder=stopped)
    assert (code, differences(result, uninterrupted)) == (0, [])


def test_two_damaged_checkpoints_are_refused_with_their_folder_and_what_to_do(stopped, tiny):
    for name in (CHECKPOINT, PREVIOUS_CHECKPOINT):
        flip_a_byte(stopped / name)
    for text in refusals(TrainingError, tiny_train, tiny, model_dir=stopped, resume=True).values():
        assert str(stopped) in text
        assert "resume=True" in text


def changed_dataset(rows, first=0, labels=None, texts=None):
    """The rows of `tiny_dataset`, some of them with another label or text."""
    table = tiny_dataset(rows, first).data.copy()
    for column, changes in (("label", labels), ("text", texts)):
        for row, value in (changes or {}).items():
            table.loc[row, column] = value
    return DocumentSentimentDataset(table, bundled_tokenizer())


def loader(dataset=None, shuffle=True, **options):
    return DocumentSentimentDataLoader(dataset or tiny_dataset(20), **{"batch_size": 4, "shuffle": shuffle, **options})


def valid_loader(dataset=None, **options):
    return loader(dataset or tiny_dataset(9, first=50), shuffle=False, **options)


def frozen(model):
    model.bert.embeddings.requires_grad_(False)
    return model


def without_dropout(model):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=1e-2)


OWN = {"buruk": 0, "sedang": 1, "baik": 2}
# what is changed -> how, and what the refusal has to name
OTHER_RUNS = {
    "more epochs": (lambda tiny: {"n_epochs": 4}, "n_epochs 3 → 4"),
    "another rate": (lambda tiny: {"learning_rate": 1e-3}, "learning_rates [0.01] → [0.001]"),
    "another seed": (lambda tiny: {"seed": 7}, "seed 42 → 7"),
    "another schedule": (lambda tiny: {"gamma": 0.9}, "gamma 0.5 → 0.9"),
    "another stop": (lambda tiny: {"early_stop": 1}, "early_stop"),
    "another criterion": (lambda tiny: {"valid_criterion": "ACC"}, "valid_criterion F1 → ACC"),
    "fewer rows": (lambda tiny: {"train_loader": loader(tiny_dataset(19))}, "train_loader_rows 20 → 19"),
    "one label corrected": (lambda tiny: {"train_loader": loader(changed_dataset(20, labels={7: 0}))}, "(train_loader)"),
    "one text corrected": (lambda tiny: {"train_loader": loader(changed_dataset(20, texts={7: "enak"}))}, "(train_loader)"),
    "one validation label": (lambda tiny: {"valid_loader": valid_loader(changed_dataset(9, 50, labels={3: 0}))}, "(valid_loader)"),
    "other validation texts": (lambda tiny: {"valid_loader": valid_loader(tiny_dataset(9, first=51))}, "(valid_loader)"),
    "another length": (lambda tiny: {"train_loader": loader(max_seq_len=5)}, "train_loader_max_seq_len 128 → 5"),
    "another length of validation": (lambda tiny: {"valid_loader": valid_loader(max_seq_len=5)}, "valid_loader_max_seq_len"),
    "another batch size": (lambda tiny: {"valid_loader": valid_loader(batch_size=3)}, "valid_loader_batch_size 4 → 3"),
    "another order": (lambda tiny: {"train_loader": loader(shuffle=False)}, "(train_loader)"),
    "another kind of optimizer": (lambda tiny: {"model": load_model(tiny), "optimizer": sgd}, "optimizer"),
    "another decay": (lambda tiny: {"model": load_model(tiny), "optimizer": lambda model: make_optimizer(model, 1e-2, 0.1)}, "optimizer"),
    "weights of classes": (lambda tiny: {"forward_fn": functools.partial(forward_sequence_classification, weight=[1, 2, 3])}, "loss"),
    "frozen parts": (lambda tiny: {"model": frozen(load_model(tiny))}, "dropout"),
    "no dropout": (lambda tiny: {"model": without_dropout(load_model(tiny))}, "dropout"),
    "another random head": (lambda tiny: {"model": load_model(tiny, seed=1)}, "optimizer"),
    "random weights": (lambda tiny: {"model": load_model(tiny, LABEL2INDEX, random_weights=True)}, "optimizer"),
    "other labels": (lambda tiny: {"model": load_model(tiny, OWN), "i2w": dict(enumerate(OWN)), "own_map": True}, "label2index"),
}


@pytest.mark.parametrize("change", OTHER_RUNS)
def test_a_run_with_other_settings_data_or_model_is_refused_by_name_and_the_model_left_alone(stopped, tiny, change):
    make, expected = OTHER_RUNS[change]
    options = {"model": load_model(tiny), **make(tiny)}
    model = options["model"]
    if "optimizer" in options:
        options["optimizer"] = options["optimizer"](model)
    if options.pop("own_map", False):  # the same numbers, which mean something else
        options |= {"train_loader": loader(), "valid_loader": valid_loader()}
        for part in ("train_loader", "valid_loader"):
            options[part].dataset.label2index = OWN
    before = [weight.clone() for weight in model.parameters()]
    for text in refusals(TrainingError, tiny_train, tiny, **options, model_dir=stopped, resume=True).values():
        assert str(stopped) in text
        assert expected in text
    assert all(torch.equal(weight, old) for weight, old in zip(model.parameters(), before))


rows = st.tuples(st.integers(0, 19), st.sampled_from((0, 1, 2)), st.sampled_from(("enak", "biasa jadwal", "buruk kecewa basi")))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows)
def test_a_run_whose_data_have_changed_in_any_one_row_is_refused_and_one_with_the_same_data_known_again(stopped, tiny, row):
    number, label, text = row
    dataset = changed_dataset(20, labels={number: label}, texts={number: text})
    same = dataset.data.equals(tiny_dataset(20).data)

    def never(*arguments, **options):
        raise InterruptedError

    with pytest.raises(InterruptedError if same else TrainingError):
        tiny_train(tiny, model_dir=stopped, resume=True, save_every=2, train_loader=loader(dataset), forward_fn=never)


def test_corrected_labels_are_not_answered_with_the_old_results(tiny, tmp_path):
    tiny_train(tiny, model_dir=tmp_path)
    corrected = changed_dataset(20, labels={row: (tiny_dataset(20).labels[row] + 1) % 3 for row in range(20)})
    texts = refusals(TrainingError, tiny_train, tiny, model_dir=tmp_path, resume=True, train_loader=loader(corrected))
    assert message("training.differs_labels") in texts["id"]


def test_a_finished_run_is_said_to_be_finished(tiny, tmp_path, capsys):
    for n_epochs, epoch, scores in ((3, 3, (0.1, 0.2, 0.3)), (9, 4, (0.5, 0.4, 0.3, 0.2))):
        folder = tmp_path / str(n_epochs)
        left = iter(scores)
        tiny_train(tiny, model_dir=folder, n_epochs=n_epochs, metrics_fn=lambda hyp, label, left=left: {"F1": next(left)})
        capsys.readouterr()
        tiny_train(tiny, model_dir=folder, n_epochs=n_epochs, resume=True)
        printed = capsys.readouterr().out
        assert message("training.already_finished", folder=folder, epoch=epoch, n_epochs=n_epochs) in printed
        assert message("training.resumed", epoch=epoch + 1, batch=0) not in printed


def test_a_run_can_be_taken_up_with_the_model_that_the_interruption_left(tiny, tmp_path, uninterrupted):
    left = iter(range(N_BATCHES + 3))

    def stop(*arguments, **options):
        if torch.is_grad_enabled() and next(left, None) is None:
            raise KeyboardInterrupt
        return forward_sequence_classification(*arguments, **options)

    model, _, optimizer = tiny_train(tiny, model_dir=tmp_path, save_every=2, forward_fn=stop)
    options = {"model": model, "optimizer": optimizer, "model_dir": tmp_path, "resume": True, "save_every": 2}
    assert differences(tiny_result(tiny, **options), uninterrupted) == []
    assert differences(tiny_result(tiny, **options), uninterrupted) == []  # and with what the finished run left
    assert differences(tiny_result(tiny, model_dir=tmp_path, resume=True, save_every=2), uninterrupted) == []


def test_somebody_elses_file_in_the_place_of_the_checkpoint_is_refused(tmp_path, tiny):
    torch.save({"model_state": torch.zeros(2)}, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingError, match="exp_id"):
        tiny_train(tiny, model_dir=tmp_path, resume=True)


class Unsafe:
    """What only an unpickler that runs code would read."""


def test_a_checkpoint_is_never_unpickled_freely(tmp_path, tiny):
    torch.save({"settings": Unsafe()}, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingError):
        tiny_train(tiny, model_dir=tmp_path, resume=True)


def test_a_finished_run_that_is_resumed_trains_nothing_and_gives_the_same_result(tiny, tmp_path):
    first = tiny_result(tiny, model_dir=tmp_path)

    def forward(*arguments, **options):
        raise AssertionError("a finished run was trained on")

    again = tiny_result(tiny, model_dir=tmp_path, resume=True, forward_fn=forward)
    assert differences(first, again) == []


def test_resuming_where_nothing_was_saved_starts_from_the_beginning(tiny, tmp_path):
    assert differences(tiny_result(tiny, model_dir=tmp_path / "new", resume=True), tiny_result(tiny)) == []


def test_numbers_of_numpy_from_a_metrics_function_of_ones_own_can_be_resumed(tiny, tmp_path):
    def metrics_fn(list_hyp, list_label):
        return {"F1": np.mean(np.array(list_hyp) == np.array(list_label))}

    first = tiny_result(tiny, model_dir=tmp_path, metrics_fn=metrics_fn)
    assert differences(first, tiny_result(tiny, model_dir=tmp_path, metrics_fn=metrics_fn, resume=True)) == []


# ------------------------------------------------------------------ full disks


@pytest.fixture
def full_disk(monkeypatch):
    """From the call of the fixture on, writing fails as on a full disk."""

    def fill(where="fsync", after=0):
        calls = 0
        original = getattr(os, where)

        def fail(*arguments):
            nonlocal calls
            calls += 1
            if calls > after:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(*arguments)

        monkeypatch.setattr(os, where, fail)

    return fill


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_full_disk_is_reported_and_leaves_the_old_file_whole_and_no_other(tmp_path, full_disk, where):
    path = tmp_path / "berkas"
    write_atomically(path, b"lama")
    full_disk(where)
    for text in refusals(WriteError, write_atomically, path, b"baru").values():
        assert str(path) in text
        assert "No space left on device" in text
    assert path.read_bytes() == b"lama"
    assert [file.name for file in tmp_path.iterdir()] == ["berkas"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_device_that_is_really_full_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.files, "open", lambda path, mode: open("/dev/full", mode), raising=False)
    with pytest.raises(WriteError, match="No space left"):
        write_atomically(tmp_path / "berkas", b"baru")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_during_training_leaves_a_checkpoint_from_which_the_run_goes_on(tiny, tmp_path, monkeypatch, uninterrupted):
    with monkeypatch.context() as patch:
        calls, fsync = [], os.fsync

        def fill_up(file):
            calls.append(file)
            if len(calls) > 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            return fsync(file)

        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(WriteError, match="No space left"):
            tiny_train(tiny, model_dir=tmp_path, save_every=2)
    assert leftovers(tmp_path) == []
    assert differences(tiny_result(tiny, model_dir=tmp_path, save_every=2, resume=True), uninterrupted) == []


def test_a_folder_that_cannot_be_made_is_reported(tmp_path, tiny):
    (tmp_path / "berkas").write_text("bukan folder")
    with pytest.raises(WriteError, match="berkas"):
        write_atomically(tmp_path / "berkas" / "isi", b"baru")
    with pytest.raises(WriteError, match="berkas"):
        tiny_train(tiny, model_dir=tmp_path / "berkas")


def test_ctrl_c_in_the_middle_of_a_write_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupt(file):
        raise KeyboardInterrupt

    write_atomically(tmp_path / "berkas", b"lama")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "berkas", b"baru")
    assert [file.name for file in tmp_path.iterdir()] == ["berkas"]
    assert (tmp_path / "berkas").read_bytes() == b"lama"


def test_a_model_that_cannot_be_saved_leaves_the_saved_one_whole(tiny, tmp_path, full_disk):
    save_model(load_model(tiny), tmp_path / "model", load_tokenizer(tiny))
    before = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    full_disk()
    with pytest.raises(WriteError, match="No space left"):
        save_model(load_model(tiny, {"buruk": 0, "baik": 1}), tmp_path / "model", load_tokenizer(tiny))
    assert {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()} == before


def test_a_copied_folder_of_checkpoints_can_be_resumed(stopped, tiny, tmp_path, uninterrupted):
    shutil.copytree(stopped, tmp_path / "salinan")
    assert differences(tiny_result(tiny, model_dir=tmp_path / "salinan", save_every=2, resume=True), uninterrupted) == []
