"""start(): presets, what replaces a download, and what a learner reads without a network."""

import hashlib
import http.server
import os
import socket
import threading
import time
import urllib.request

import pytest
from refusals import refusals
from tiny_checkpoint import SPARE_ROWS, write_hub_like_checkpoint

from helpers import lesson as lesson_module
from helpers import packages
from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset
from helpers.evaluation import document_sentiment_metrics_fn, predict
from helpers.lesson import PRESETS, SMSA_SHA256, LessonError, download, file_sha256, start
from helpers.messages import LANGUAGES, message
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.training import make_optimizer, train

SMSA_ROWS = "makanannya enak sekali\tpositive\njadwal nya sudah diumumkan\tneutral\npelayanan nya buruk\tnegative\n" * 3


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """No variable of the tutorial's is set, outputs go to a folder of the test, and the language is Indonesian again afterwards."""
    for name in ("TUTORIAL_PRESET", "SMSA_DIR", "INDOBERT_CHECKPOINT", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(tmp_path / "outputs"))
    monkeypatch.setattr(lesson_module, "measure_matrix_speed", lambda: 1e11)


@pytest.fixture
def smsa_folder(tmp_path):
    """Files named and laid out like SmSA's, with other rows."""
    folder = tmp_path / "smsa"
    folder.mkdir()
    for name in SMSA_SHA256:
        (folder / name).write_text(SMSA_ROWS, encoding="utf-8")
    return folder


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """All roads out lead to a local port on which nobody listens, and nothing was downloaded before."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{free.getsockname()[1]}"
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setattr(urllib.request, "_opener", None)
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(lesson_module, "ROOT", tmp_path / "root")  # where an earlier download of SmSA would be
    (tmp_path / "root").mkdir()
    yield tmp_path / "root"
    monkeypatch.setattr(urllib.request, "_opener", None)


# ---------------------------------------------------------------------- presets


def refused_starts(preset):
    """What a learner reads when a lesson cannot start, one text a language."""
    texts = []
    for language in LANGUAGES:
        with pytest.raises(LessonError) as caught:
            start(preset, language=language)
        texts.append(str(caught.value))
    assert len(set(texts)) == len(LANGUAGES)
    return texts


def test_the_preset_mini_needs_nothing_from_outside(no_network, monkeypatch):
    monkeypatch.setattr(lesson_module, "ROOT", lesson_module.pathlib.Path(lesson_module.__file__).parent.parent)
    lesson = start()
    assert lesson.preset == "mini"
    assert all(path.is_file() for path in (lesson.train_path, lesson.valid_path, lesson.test_path, lesson.checkpoint / "config.json"))


@pytest.mark.parametrize("preset", ["laptop", "full"])
def test_without_a_network_a_preset_fails_at_once_and_names_what_would_replace_it(no_network, preset):
    began = time.monotonic()
    for text in refused_starts(preset):
        for name in ("train_preprocess.tsv", "SMSA_DIR", "INDOBERT_CHECKPOINT", '"mini"'):
            assert name in text
    assert time.monotonic() - began < 20  # "within seconds", on a slow machine too
    assert list(no_network.rglob("*.tsv*")) == []


def test_without_a_network_the_preset_full_with_its_data_at_hand_names_the_checkpoint(no_network, smsa_folder, monkeypatch):
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    for text in refused_starts("full"):
        assert "indobenchmark/indobert-base-p1" in text
        assert "INDOBERT_CHECKPOINT" in text


def test_an_address_that_never_answers_is_given_up_within_seconds(monkeypatch):
    patience = []

    def urlopen(request, timeout=None):
        patience.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(LessonError, match="SMSA_DIR"):
        lesson_module.require_network("https://example.org", "SmSA")
    assert patience == [5]


def test_an_unknown_preset_is_refused_with_the_known_ones():
    for text in refused_starts("besar"):
        assert '"besar"' in text
        assert "mini, laptop, full" in text


def test_the_environment_wins_over_the_line_in_the_notebook(monkeypatch, smsa_folder, capsys):
    monkeypatch.setenv("TUTORIAL_PRESET", "laptop")
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    lesson = start("mini")
    assert (lesson.preset, lesson.recipe) == ("laptop", PRESETS["laptop"])
    assert lesson.train_path == smsa_folder / "train_preprocess.tsv"


def test_files_that_are_not_the_original_smsa_are_taken_with_a_note(monkeypatch, smsa_folder, capsys):
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    start("laptop")
    output = capsys.readouterr().out
    for name in SMSA_SHA256:
        assert message("lesson.other_smsa", path=smsa_folder / name) in output


def test_a_folder_without_a_file_of_smsa_is_refused_with_the_file_that_is_missing(monkeypatch, smsa_folder):
    (smsa_folder / "test_preprocess.tsv").unlink()
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    for text in refused_starts("laptop"):
        assert str(smsa_folder / "test_preprocess.tsv") in text
        assert "SMSA_DIR" in text


def test_a_folder_that_is_no_checkpoint_is_refused_with_its_name(monkeypatch, smsa_folder, tmp_path):
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    monkeypatch.setenv("INDOBERT_CHECKPOINT", str(tmp_path))
    for text in refused_starts("full"):
        assert f"INDOBERT_CHECKPOINT menunjuk ke {tmp_path}" in text or f"INDOBERT_CHECKPOINT names {tmp_path}" in text


def test_a_checkpoint_laid_out_like_the_hubs_runs_through_the_preset_full(no_network, monkeypatch, smsa_folder, tmp_path, capsys):
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    monkeypatch.setenv("INDOBERT_CHECKPOINT", str(write_hub_like_checkpoint(tmp_path / "indobert")))
    lesson = start("full", language="en")
    assert "Warning" in capsys.readouterr().out or lesson.device.type != "cpu"

    tokenizer, model = load_tokenizer(lesson.checkpoint), load_model(lesson.checkpoint).to(lesson.device)
    loaders = [
        DocumentSentimentDataLoader(DocumentSentimentDataset(path, tokenizer), lesson.recipe.max_seq_len, batch_size=3, shuffle=shuffle)
        for path, shuffle in ((lesson.train_path, True), (lesson.valid_path, False))
    ]
    history = train(
        model, *loaders, make_optimizer(model, lesson.recipe.learning_rate), forward_sequence_classification,
        document_sentiment_metrics_fn, "F1", INDEX2LABEL, n_epochs=1, model_dir=lesson.output_dir, exp_id="model",
    )  # fmt: skip
    assert len(history) == 1
    saved = load_model(lesson.output_dir / "model")
    assert saved.get_input_embeddings().num_embeddings == len(tokenizer) + SPARE_ROWS
    assert set(predict(["enak", "buruk"], saved, tokenizer)["label"]) <= {"positive", "neutral", "negative"}
    assert not (tmp_path / "indobert" / "model.safetensors").exists()


def test_the_first_lines_say_preset_device_and_versions_in_the_language_of_the_lesson(capsys):
    import torch

    outputs = {}
    for language in LANGUAGES:
        start(language=language)
        outputs[language] = capsys.readouterr().out
        for part in ("mini", f"torch {torch.__version__.split('+')[0]}", "transformers 5", "CPU"):
            assert part in outputs[language] or torch.cuda.is_available()
    assert outputs["id"] != outputs["en"]


def test_without_a_gpu_the_preset_full_says_how_long_it_will_take_before_it_starts(monkeypatch, smsa_folder, tmp_path, capsys):
    import torch

    monkeypatch.setattr(lesson_module, "choose_device", lambda: torch.device("cpu"))
    monkeypatch.setenv("SMSA_DIR", str(smsa_folder))
    monkeypatch.setenv("INDOBERT_CHECKPOINT", str(write_hub_like_checkpoint(tmp_path / "indobert")))
    start("full")
    hours = lesson_module.estimate_training_hours(PRESETS["full"])
    assert message("lesson.slow", hours=hours) in capsys.readouterr().out
    # 6 operations x 86 million parameters x 37 subwords x 11,000 rows x 5 epochs at half of 100 GFLOP/s
    assert hours == pytest.approx(6 * 86e6 * 37 * 11_000 * 5 / 0.5e11 / 3600)


@pytest.mark.parametrize(("theirs", "wanted"), [(None, "64"), ("500", "500")])
def test_starting_spares_memory_unless_the_environment_says_otherwise(monkeypatch, theirs, wanted):
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, "-")  # so that whatever start leaves there is undone
    monkeypatch.delenv(name) if theirs is None else monkeypatch.setenv(name, theirs)
    start(language="en")
    assert os.environ[name] == wanted


def test_starting_seeds_python_numpy_and_torch():
    import random

    import numpy as np
    import torch

    def draw(seed):
        start(seed=seed)
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    first = draw(1)
    assert first == draw(1)
    assert all(one != two for one, two in zip(first, draw(2)))


def test_packages_that_are_missing_or_too_old_are_named_with_the_command_that_helps(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text("torch>=99  # kemari\npandas\njupyter>=99\n", encoding="utf-8")
    monkeypatch.setattr(packages, "REQUIREMENTS", tmp_path / "requirements.txt")
    assert refused_starts("mini") == list(refusals(LessonError, lesson_module.check_packages).values())
    for text in refused_starts("mini"):
        assert "torch>=99 (2." in text
        assert '%pip install "torch>=99"' in text
        assert "pandas" not in text
        assert "jupyter" not in text


# -------------------------------------------------------------------- downloads

CONTENT = SMSA_ROWS.encode() * 200


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives CONTENT: whole, or only half of it; or says that there is no such file."""

    def do_HEAD(self):
        self.answer(body=b"")

    def do_GET(self):
        self.answer(CONTENT[: len(CONTENT) // 2] if "broken" in self.path else CONTENT)

    def answer(self, body):
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """Address of a server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{service.server_port}/"
        service.shutdown()
        thread.join()


def test_a_download_appears_under_its_name_whole_and_checked(server, tmp_path):
    path = tmp_path / "data" / "train.tsv"
    download(server + "whole.tsv", path, hashlib.sha256(CONTENT).hexdigest())
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["train.tsv"]


@pytest.mark.parametrize(
    ("name", "checksum"), [("broken.tsv", hashlib.sha256(CONTENT).hexdigest()), ("other.tsv", "0" * 64), ("missing.tsv", "0" * 64)]
)
def test_a_download_that_breaks_off_or_brings_other_bytes_is_refused_and_leaves_nothing(server, tmp_path, name, checksum):
    for text in refusals(LessonError, download, server + name, tmp_path / "train.tsv", checksum).values():
        assert server + name in text
    assert list(tmp_path.glob("*.tsv*")) == []


def test_a_download_that_the_learner_interrupts_leaves_nothing(server, tmp_path, monkeypatch):
    import torch.hub

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.hub.shutil, "move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        download(server + "whole.tsv", tmp_path / "train.tsv", hashlib.sha256(CONTENT).hexdigest())
    assert list(tmp_path.glob("*.tsv*")) == []


def test_a_folder_that_cannot_be_made_is_refused(server, tmp_path):
    (tmp_path / "data").write_text("bukan folder")
    with pytest.raises(LessonError):
        download(server + "whole.tsv", tmp_path / "data" / "smsa" / "train.tsv", hashlib.sha256(CONTENT).hexdigest())


def test_smsa_is_downloaded_once(server, tmp_path, monkeypatch):
    monkeypatch.setattr(lesson_module, "ROOT", tmp_path)
    monkeypatch.setattr(lesson_module, "SMSA_ADDRESS", server)
    monkeypatch.setattr(lesson_module, "SMSA_SHA256", dict.fromkeys(SMSA_SHA256, hashlib.sha256(CONTENT).hexdigest()))
    folder, names = lesson_module.find_data(PRESETS["laptop"])
    assert [(folder / name).read_bytes() == CONTENT for name in names] == [True] * 3
    monkeypatch.setattr(lesson_module, "SMSA_ADDRESS", "http://127.0.0.1:9/")
    assert lesson_module.find_data(PRESETS["laptop"]) == (folder, names)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that hands out a checkpoint; its record of the weights' SHA-256 can be set."""
    import types

    import huggingface_hub

    folder = tmp_path / "snapshot"
    record = types.SimpleNamespace(etag=None, downloads=0, failure=None)

    def snapshot_download(local_files_only=False, **options):
        if local_files_only:
            if not (folder / "pytorch_model.bin").exists():
                raise huggingface_hub.errors.LocalEntryNotFoundError("nothing in the cache")
            return str(folder)
        record.downloads += 1
        if record.failure:
            raise record.failure
        write_hub_like_checkpoint(folder)
        return str(folder)

    def metadata(address):
        return types.SimpleNamespace(etag=record.etag or file_sha256(folder / "pytorch_model.bin"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", metadata)
    monkeypatch.setattr(lesson_module, "require_network", lambda *arguments: None)
    record.folder = folder
    return record


def test_indobert_is_downloaded_once_and_its_weights_checked(hub):
    for _ in range(2):
        assert lesson_module.find_checkpoint(PRESETS["full"]) == hub.folder
    assert hub.downloads == 1


def test_weights_other_than_the_hubs_are_refused_and_not_believed_the_next_time(hub):
    hub.etag = "0" * 64
    for text in refusals(LessonError, lesson_module.find_checkpoint, PRESETS["full"]).values():
        assert "pytorch_model.bin" in text
        assert "0" * 64 in text
    assert hub.downloads == len(LANGUAGES)
    assert not (hub.folder / "pytorch_model.bin").exists()


def test_any_failure_of_the_hub_is_told_in_plain_words(hub):
    class ProxyError(Exception):
        """As HTTP libraries raise: no OSError."""

    hub.failure = ProxyError("503 Service Unavailable")
    for text in refusals(LessonError, lesson_module.find_checkpoint, PRESETS["full"]).values():
        assert "503 Service Unavailable" in text
        assert "indobenchmark/indobert-base-p1" in text
