"""The set-up cell of every lesson: preset, device, data and checkpoint."""

import dataclasses
import http.client
import importlib.metadata
import os
import pathlib
import platform
import random
import socket
import urllib.error
import urllib.request

from helpers.messages import in_every_language, message, set_language
from helpers.packages import explain_unmet


class LessonError(RuntimeError):
    """Something that a lesson needs is not there; the text says what to do."""


def check_packages(write=message):
    """Make sure that the packages that the lessons import are there, in a version that works.

    Parameters
    ----------
    write : callable
        Gives the text of a message: in the language of the lesson, or in all.

    Raises
    ------
    LessonError
        Names every package, the version found and the range that is needed,
        or says why there is no PyTorch for this computer.
    """
    unmet = explain_unmet(write)
    if unmet:
        raise LessonError(unmet)


check_packages(in_every_language)  # before the imports below would fail without a word of help; start() sets the language later

import numpy as np  # noqa: E402
import torch  # noqa: E402

from helpers import exercises  # noqa: E402
from helpers.device import choose_device, measure_matrix_speed, spare_memory  # noqa: E402
from helpers.files import MINI, ROOT, file_sha256  # noqa: E402

#: The twelve tasks' public repository, at the commit whose files these checksums describe.
SMSA_ADDRESS = (
    "https://raw.githubusercontent.com/IndoNLP/indonlu/ce728f6926a36174b9923dfe49d6a6839b6e9bb7/dataset/smsa_doc-sentiment-prosa/"
)
SMSA_SHA256 = {
    "train_preprocess.tsv": "50f38ceed9b31521bf1581e126620532cc9b790712938159a2cdcf6906977a9b",
    "valid_preprocess.tsv": "6ab41ddc9d58a35086f05ebd2e209c74cb03d87d4f51d6abdfba674eafbefa74",
    "test_preprocess.tsv": "4e8016daa8e4e1b193f2a28a79d3a7804dd4e3f926a3ab7e8a64264f5f416a6f",
}
INDOBERT = "indobenchmark/indobert-base-p1"
INDOBERT_REVISION = "c2cd0b51ddce6580eb35263b39b0a1e5fb0a39e2"
INDOBERT_FILES = ("config.json", "vocab.txt", "special_tokens_map.json", "tokenizer_config.json", "pytorch_model.bin")


@dataclasses.dataclass(frozen=True)
class Preset:
    """One of the three sizes at which the lessons run.

    Attributes
    ----------
    data : str
        ``"sample"`` (bundled) or ``"smsa"`` (the real one).
    model : str
        ``"mini"`` (bundled) or ``"base"`` (IndoBERT base p1).
    batch_size, n_epochs : int
    learning_rate, head_learning_rate : float
        The highest ones, after warm-up: of the pre-trained layers, and of the new head.
    gamma : float
        Factor on the learning rate after each epoch.
    max_seq_len : int
        Subwords after which a row is cut.
    """

    data: str
    model: str
    batch_size: int
    n_epochs: int
    learning_rate: float
    head_learning_rate: float
    gamma: float
    max_seq_len: int


# Rates of the mini model were chosen on validation data: data/results/. Those of IndoBERT base are the ones of IndoNLU's own notebook.
PRESETS = {
    "mini": Preset("sample", "mini", batch_size=16, n_epochs=4, learning_rate=1e-4, head_learning_rate=3e-3, gamma=0.5, max_seq_len=128),
    "laptop": Preset("smsa", "mini", batch_size=32, n_epochs=3, learning_rate=1e-4, head_learning_rate=3e-3, gamma=0.5, max_seq_len=128),
    "full": Preset("smsa", "base", batch_size=32, n_epochs=5, learning_rate=5e-6, head_learning_rate=5e-6, gamma=0.9, max_seq_len=512),
}


@dataclasses.dataclass(frozen=True)
class Lesson:
    """What `start` hands to a lesson.

    Attributes
    ----------
    preset : str
    recipe : Preset
    language : str
    device : torch.device
    seed : int
    train_path, valid_path, test_path : pathlib.Path
        Files in SmSA's format.
    checkpoint : pathlib.Path
        Folder of the pre-trained model.
    output_dir : pathlib.Path
        Where a lesson may write.
    number : int or None
        Of the lesson; its exercises are found by it.
    """

    preset: str
    recipe: Preset
    language: str
    device: torch.device
    seed: int
    train_path: pathlib.Path
    valid_path: pathlib.Path
    test_path: pathlib.Path
    checkpoint: pathlib.Path
    output_dir: pathlib.Path
    number: int | None = None

    def check(self, name, answer=..., ours=False):
        """Say whether the answer to an exercise is right; see `helpers.exercises.check`."""
        exercises.check(self, name, answer, ours)

    def hint(self, name):
        """Print the next hint of an exercise; see `helpers.exercises.hint`."""
        exercises.hint(self, name)


def start(preset="mini", language="id", seed=42, number=None):
    """Prepare a lesson and say on what it runs.

    Environment variables win over arguments: ``TUTORIAL_PRESET``; ``SMSA_DIR``
    (a folder with the real SmSA, instead of the download);
    ``INDOBERT_CHECKPOINT`` (a local folder instead of the hub);
    ``TUTORIAL_OUTPUT_DIR``.

    Parameters
    ----------
    preset : {"mini", "laptop", "full"}
    language : {"id", "en"}
    seed : int
    number : int, optional
        Of the lesson, for its exercises.

    Returns
    -------
    Lesson

    Raises
    ------
    LessonError
        An unknown preset, missing packages, or data or model that can be
        neither found nor fetched.
    """
    set_language(language)
    preset = os.environ.get("TUTORIAL_PRESET") or preset
    if preset not in PRESETS:
        raise LessonError(message("lesson.unknown_preset", found=preset, allowed=", ".join(PRESETS)))
    check_packages()
    spare_memory()
    set_seed(seed)
    recipe = PRESETS[preset]
    device = choose_device()
    data_dir, names = find_data(recipe)
    paths = (data_dir / name for name in names)
    output_dir = exercises.output_folder() / preset
    lesson = Lesson(preset, recipe, language, device, seed, *paths, find_checkpoint(recipe), output_dir, number)
    print(describe(lesson))
    return lesson


def set_seed(seed):
    """Seed the random generators of Python, NumPy and PyTorch."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def require_network(address, what):
    """Raise `LessonError` within seconds if an address cannot be reached.

    Raises
    ------
    LessonError
        Names `what` was wanted and the environment variables that replace it.
    """
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=5).close()
    except urllib.error.HTTPError:
        pass  # an answer, whatever it says, means that the host is there
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LessonError(message("lesson.no_network", what=what, error=error)) from error


def find_data(recipe):
    """Folder and names of the three splits; the real SmSA is fetched once."""
    if recipe.data == "sample":
        return ROOT / "data" / "smsa_sample", ("train.tsv", "valid.tsv", "test.tsv")
    names = tuple(SMSA_SHA256)
    local = os.environ.get("SMSA_DIR")
    folder = pathlib.Path(local) if local else ROOT / "data" / "smsa"
    for name in names:
        path = folder / name
        if not path.is_file() and local:
            raise LessonError(message("lesson.smsa_dir", path=path, names=", ".join(names)))
        if not path.is_file():
            download(SMSA_ADDRESS + name, path, SMSA_SHA256[name])
        elif file_sha256(path) != SMSA_SHA256[name]:
            print(message("lesson.other_smsa", path=path))
    return folder, names


#: What `fetch` raises: no network or no room, other bytes than expected, an answer that is none.
NOT_FETCHED = (OSError, RuntimeError, http.client.HTTPException)


def fetch(address, path, sha256):
    """Fetch a file with a progress bar; it appears under its name only when whole and checked.

    Raises
    ------
    OSError, RuntimeError, http.client.HTTPException
        `NOT_FETCHED`: no network, no room, or other bytes than expected.
    """
    usual_timeout = socket.getdefaulttimeout()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        socket.setdefaulttimeout(30)  # torch.hub sets none, and would wait for a line that has gone dead
        torch.hub.download_url_to_file(address, str(path), hash_prefix=sha256)
    finally:
        socket.setdefaulttimeout(usual_timeout)


def download(address, path, sha256):
    """`fetch` what a lesson needs.

    Raises
    ------
    LessonError
        No network, or other bytes than expected.
    """
    require_network(address, path.name)
    try:
        fetch(address, path, sha256)
    except NOT_FETCHED as error:
        raise LessonError(message("lesson.download", address=address, error=error)) from error


def find_checkpoint(recipe):
    """Folder of the pre-trained model; IndoBERT base is fetched once, at a pinned revision."""
    local = os.environ.get("INDOBERT_CHECKPOINT")
    if recipe.model == "mini":
        return MINI
    if local:
        if not pathlib.Path(local, "config.json").is_file():
            raise LessonError(message("lesson.no_checkpoint", path=local))
        return pathlib.Path(local)
    return fetch_indobert()


def fetch_indobert():
    """Find IndoBERT base p1 in the hub's cache, or download and verify it.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    LessonError
        No network, or a file whose SHA-256 is not the hub's.
    """
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    import huggingface_hub

    options = {"repo_id": INDOBERT, "revision": INDOBERT_REVISION, "allow_patterns": list(INDOBERT_FILES)}
    try:
        folder = pathlib.Path(huggingface_hub.snapshot_download(**options, local_files_only=True))
        if all((folder / name).is_file() for name in INDOBERT_FILES):
            return folder
    except (OSError, ValueError):  # nothing of it in the cache yet
        pass
    require_network(huggingface_hub.constants.ENDPOINT, INDOBERT)
    try:
        folder = pathlib.Path(huggingface_hub.snapshot_download(**options))
        weights = huggingface_hub.hf_hub_url(INDOBERT, "pytorch_model.bin", revision=INDOBERT_REVISION)
        expected = huggingface_hub.get_hf_file_metadata(weights).etag
    except Exception as error:  # of the disk, of the hub's library and of its HTTP library
        raise LessonError(message("lesson.download", address=INDOBERT, error=error)) from error
    path = folder / "pytorch_model.bin"
    found = file_sha256(path)
    if found != expected:
        path.resolve().unlink()  # else the next start would find it in the cache and believe it
        path.unlink(missing_ok=True)
        raise LessonError(message("lesson.checksum", path=path, expected=expected, found=found))
    return folder


def estimate_training_hours(recipe, rows=11_000, subwords_a_row=37, parameters=86e6):
    """Hours that fine-tuning takes on this CPU, from a short measurement.

    A training step costs about six operations a parameter and subword (Kaplan
    et al., 2020); half of the speed of large matrix products is a usual yield.
    SmSA's rows and mean length, and BERT-base's parameters outside its
    embeddings, are the defaults.
    """
    operations = 6 * parameters * rows * subwords_a_row * recipe.n_epochs
    return operations / (0.5 * measure_matrix_speed()) / 3600


def describe(lesson):
    """What a lesson runs on, as text."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers"))
    names = {"cuda": "GPU (CUDA)", "mps": "GPU (Apple MPS)", "cpu": "CPU"}
    device = names[lesson.device.type]
    if lesson.device.type == "cuda":
        device += f", {torch.cuda.get_device_name()}"
    if lesson.device.type == "cpu":
        device += f", {message('lesson.threads', count=torch.get_num_threads())}"
    lines = [message("lesson.preset", preset=lesson.preset, explanation=message(f"lesson.preset_{lesson.preset}")),
             message("lesson.device", device=device),
             message("lesson.versions", versions=f"Python {platform.python_version()}, {versions}")]  # fmt: skip
    if lesson.device.type == "cpu" and lesson.recipe.model == "base":
        lines.append(message("lesson.slow", hours=estimate_training_hours(lesson.recipe)))
    if lesson.device.type == "cpu":
        lines.append(message("lesson.no_gpu"))
    return "\n".join(lines)
