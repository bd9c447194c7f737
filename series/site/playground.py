"""The playground's files: libraries from npm, the models, and what the page says of them.

Everything is made once and kept in ``outputs/playground/``, outside git; the
site is then built from there without training and without a network.
"""

import gzip
import hashlib
import json
import math
import os
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

from helpers.exercises import output_folder
from helpers.files import MINI, ROOT, file_sha256, write_atomically

PUBLIC_REGISTRY = "https://registry.npmjs.org/"
# name: version, SHA-256 of the archive, and what is taken out of it under which name
LIBRARIES = {
    "onnxruntime-web": ("1.30.0", "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71", {
        "dist/ort.wasm.bundle.min.mjs": "ort.mjs", "dist/ort-wasm-simd-threaded.wasm": "ort.wasm"}),
    "@huggingface/tokenizers": ("0.2.0", "2800014c83b8186b2e4210c20672f1fb65a12cef85d7e95e0f2003e022611b4a", {
        "dist/tokenizers.min.mjs": "tokenizers.mjs", "LICENSE": "tokenizers.LICENSE.txt"}),
}  # fmt: skip
# What a tool needs, part by part; a part is loaded once, whoever asks first.
PARTS = {
    "tokenizer": ("tokenizers.mjs", "tokenizer.json.gz"),
    "runtime": ("ort.mjs", "ort.wasm.gz"),
    "sentiment": ("sentiment.onnx.gz",),
    "words": ("words.onnx.gz",),
}
TOOLS = {
    "subwords": ("tokenizer",),
    "padding": ("tokenizer", "runtime", "sentiment"),
    "hidden-word": ("tokenizer", "runtime", "words"),
    "attention": ("tokenizer", "runtime", "words"),
    "sentiment": ("tokenizer", "runtime", "sentiment"),
}
#: The tools that belong to a lesson, by its number.
TOOLS_OF_LESSON = {
    "00": ("sentiment",), "01": ("subwords",), "02": ("padding",), "03": ("hidden-word", "attention"), "04": ("sentiment",),
    "05": ("sentiment",), "06": ("padding",), "07": ("sentiment",), "08": ("sentiment",),
}  # fmt: skip
FACTS = "facts.json"  # written last: where it is, the folder is whole
MOST_BYTES = 25_000_000
TEXTS = ROOT / "series" / "site" / "pages"


class PlaygroundError(Exception):
    """A playground that cannot be made; the text says what to do."""


# ---------------------------------------------------------------- libraries


def registry():
    """Where npm would fetch packages: the environment's, npm's own setting, or the public one.

    >>> registry().endswith("/")
    True
    """
    found = os.environ.get("NPM_CONFIG_REGISTRY")
    npm = shutil.which("npm")
    if not found and npm:
        found = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True).stdout.strip()
    return (found if found and found.startswith(("http:", "https:")) else PUBLIC_REGISTRY).rstrip("/") + "/"


def archive_of(name, version, folder, sha256):
    """A package's archive, downloaded once, with a progress bar, and checked.

    Raises
    ------
    PlaygroundError
        No network, or other bytes than expected.
    """
    from helpers.lesson import NOT_FETCHED, fetch

    path = folder / f"{name.rpartition('/')[2]}-{version}.tgz"
    if path.is_file() and file_sha256(path) == sha256:
        return path
    print(f"{name} {version}", flush=True)
    try:
        fetch(f"{registry()}{name}/-/{path.name}", path, sha256)
    except NOT_FETCHED as error:
        raise PlaygroundError(
            f"{name} {version} tidak bisa diunduh dari npm: {error}. Periksa jaringan lalu jalankan lagi, "
            f"atau bangun situs tanpa alat-alat itu: --without-playground\n"
            f"{name} {version} could not be fetched from npm: {error}. Check the network and start again, "
            f"or build the site without these tools: --without-playground"
        ) from error
    return path


def library_files(cache):
    """What the browser needs of the libraries, by the name that it has on the site; archives are kept in ``cache``."""
    files = {}
    for name, (version, sha256, wanted) in LIBRARIES.items():
        with tarfile.open(archive_of(name, version, cache, sha256)) as archive:
            for inside, outside in wanted.items():
                files[outside] = archive.extractfile(f"package/{inside}").read()
    return files


# ---------------------------------------------------------------- the folder


def packed(files):
    """Files as they lie on the site: what is large and no program is compressed, so that any server sends it small."""
    programs = (".mjs", ".txt")
    return {
        name if name.endswith(programs) else f"{name}.gz": content if name.endswith(programs) else gzip.compress(content, 9, mtime=0)
        for name, content in files.items()
    }


def key_of(real, *others):
    """A name for what comes of certain data, weights and recipe, and of other things that are text or files.

    Parameters
    ----------
    real : bool
    *others : str or pathlib.Path

    Returns
    -------
    str
    """
    from series.site.playground_model import lesson_to_train

    lesson = lesson_to_train(Path(), real)
    files = (lesson.train_path, lesson.valid_path, MINI / "model.safetensors", MINI / "tokenizer.json")
    parts = [str(lesson.recipe), lesson.seed, *(file_sha256(each) if isinstance(each, Path) else each for each in (*files, *others))]
    return f"{'smsa' if real else 'sample'}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]}"


def make_playground(real=None, cache=None):
    """The folder with all that the browser loads, from the cache or made now.

    Parameters
    ----------
    real : bool, optional
        Fine-tune on the real SmSA; by default where ``SMSA_DIR`` names it.
    cache : pathlib.Path, optional
        By default ``outputs/playground/``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    PlaygroundError
        A library cannot be fetched, or all of it has grown too large.
    helpers.lesson.LessonError
        ``SMSA_DIR`` names a folder without the data.
    """
    from series.site import playground_model

    real = playground_model.real_data_wanted() if real is None else real
    cache = output_folder() / "playground" if cache is None else cache
    folder = cache / key_of(real, json.dumps(LIBRARIES), Path(playground_model.__file__), Path(__file__))
    if (folder / FACTS).is_file():
        return folder
    libraries = library_files(cache / "npm")  # first: without a network nobody waits for training
    trained = cache / f"fine-tuned-{key_of(real)}"  # does not depend on the code that exports it
    say_that_it_takes_long(real)
    models, facts = playground_model.make_models(trained, real)
    files = {**libraries, **{f"{name}.onnx": content for name, content in models.items()}}
    files |= {"tokenizer.json": (MINI / "tokenizer.json").read_bytes()}
    write_folder(folder, packed(files), facts)
    return folder


def say_that_it_takes_long(real):
    """What the wait is for, before it begins."""
    print(
        f"Model untuk “Coba di peramban” dibuat sekali saja ({'SmSA asli, beberapa menit' if real else 'data contoh, semenit dua menit'}).\n"
        f"The model of “Try it here” is made once ({'the real SmSA, some minutes' if real else 'the sample, a minute or two'}).",
        flush=True,
    )


def write_folder(folder, files, facts):
    """Write the files, then what is to be known of them."""
    facts["files"] = {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    total = bytes_of(PARTS, facts)
    if total > MOST_BYTES:
        raise PlaygroundError(f"The playground would load {total / 1e6:.1f} MB; {MOST_BYTES / 1e6:.0f} are allowed.")
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(folder / FACTS, json.dumps(facts, indent=1).encode())


def read_facts(folder):
    """What `make_playground` noted."""
    return json.loads((folder / FACTS).read_text(encoding="utf-8"))


def bytes_of(parts, facts):
    """Bytes that the browser loads for some of `PARTS`."""
    return sum(facts["files"][name]["bytes"] for part in parts for name in PARTS[part])


def copy_playground(folder, out):
    """Put the files where the pages look for them; both languages share them."""
    out.mkdir(parents=True)
    for name in read_facts(folder)["files"]:
        shutil.copyfile(folder / name, out / name)


# ---------------------------------------------------------------- the page


def page_words(language):
    """What the tools say, from ``pages/playground.toml``, in one language."""
    words = tomllib.loads((TEXTS / "playground.toml").read_text(encoding="utf-8"))
    return {name: both[language] for name, both in words.items()}


def megabytes(count, language):
    """A size for people.

    >>> megabytes(23_240_000, "id"), megabytes(88_000, "en")
    ('23,2 MB', '0.1 MB')
    """
    return f"{count / 1e6:.1f} MB".replace(".", "," if language == "id" else ".")


def settings_of(facts, language):
    """What the page's script has to know, as JSON that may stand in HTML."""
    parts = {
        part: [[name, facts["files"][name]["bytes"], facts["files"][name]["sha256"][:12]] for name in names]
        for part, names in PARTS.items()
    }
    settings = {
        "language": language, "parts": parts, "tools": TOOLS, "words": page_words(language),
        **{name: facts[name] for name in ("labels", "max_seq_len", "layers", "heads")},
    }  # fmt: skip
    return json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c")


def field(tool, name, label, example="", rows=0):
    """A labelled box for text: one line, or several rows."""
    where = f"id='{tool}-{name}' name='{name}' autocomplete='off' spellcheck='false' lang='id'"
    box = f"<textarea {where} rows='{rows}'>{example}</textarea>" if rows else f"<input type='text' {where} value='{example}'>"
    return f"<label for='{tool}-{name}'>{label}</label>{box}"


def choice(tool, name, label, options):
    """A labelled list to choose from: pairs of value and text."""
    rows = "".join(f"<option value='{value}'>{text}</option>" for value, text in options)
    return f"<span class='pair'><label for='{tool}-{name}'>{label}</label><select id='{tool}-{name}' name='{name}'>{rows}</select></span>"


def fields_of(tool, words, facts):
    """The boxes of a tool, as HTML."""
    if tool == "padding":
        sentences = [field(tool, f"text{n}", words["sentence"].format(n=n), words.get(f"padding_example_{n}", "")) for n in range(1, 5)]
        return "".join(sentences) + f"<label class='switch'><input type='checkbox' name='mask' checked> {words['use_mask']}</label>"
    boxes = field(tool, "text", words["text"], words[f"{tool}_example"], rows=2)
    if tool == "hidden-word":
        boxes += f"<button type='button' class='insert-mask'>{words['insert_mask']}</button>"
    if tool == "attention":
        layers = [(n, n) for n in range(1, facts["layers"] + 1)]
        heads = [*((n, n) for n in range(1, facts["heads"] + 1)), (0, words["all_heads"])]
        boxes += f"<div class='choices'>{choice(tool, 'layer', words['layer'], layers)}{choice(tool, 'head', words['head'], heads)}</div>"
    return boxes


def tool_form(tool, language, facts):
    """A tool as HTML: boxes, button, size, and where its answer appears.

    The script enables the button. Without it a browser would send the text, as part of the page's address, to the server.
    """
    words = page_words(language)
    weight = words["loads"].format(size=megabytes(bytes_of(TOOLS[tool], facts), language))
    return (
        f"<form class='tool' data-tool='{tool}' aria-label='{words[f'{tool}_name']}'>{fields_of(tool, words, facts)}"
        f"<p class='run'><button type='submit' disabled>{words[f'{tool}_run']}</button> <span class='weight'>{weight}</span></p>"
        f"<p class='loading' hidden><progress max='1' value='0' aria-label='{words['progress']}'></progress> <span></span></p>"
        f"<p class='said' role='status'></p><div class='result'></div></form>"
    )


def facts_text(language, facts):
    """On what the classifier was trained, how good it is, and what rounding changed."""
    words = page_words(language)
    numbers = {
        "f1": f"{facts['f1']:.2f}",
        "rounding": f"{math.ceil(1e4 * facts['rounding']) / 1e4:.4f}",  # upwards, as the page says that it was no more
        "train": f"{facts['train_rows']:,}",
        "valid": f"{facts['valid_rows']:,}",
    }
    if language == "id":
        numbers = {name: number.translate(str.maketrans(",.", ".,")) for name, number in numbers.items()}
    return words[f"trained_on_{facts['data']}"].format(**numbers) + " " + words["rounded"].format(**numbers)


def playground_page(language, folder):
    """The page as Markdown.

    Parameters
    ----------
    language : str
    folder : pathlib.Path or None
        From `make_playground`; None for a site without it, whose page says so.

    Returns
    -------
    str
    """
    text = (TEXTS / f"playground.{language}.md").read_text(encoding="utf-8")
    words = page_words(language)
    if folder is None:
        title, _, rest = text.partition("\n")
        anchors = "\n\n".join(f"({tool})=\n## {words[f'{tool}_name']}\n\n{words['absent']}" for tool in TOOLS)
        return f"{title}\n\n{words['absent_how']}\n\n{anchors}\n"
    facts = read_facts(folder)
    for tool in TOOLS:
        text = text.replace(f"{{{tool}}}", tool_form(tool, language, facts))
    versions = {name: version for name, (version, *_) in LIBRARIES.items()}
    total = bytes_of(PARTS, facts)
    text = text.replace("{facts}", facts_text(language, facts)).replace("{total}", megabytes(total, language))
    text = text.replace("{most}", str(facts["max_seq_len"]))
    text = text.replace("{ort}", versions["onnxruntime-web"]).replace("{tokenizers}", versions["@huggingface/tokenizers"])
    return f"{text}\n<script type='application/json' id='playground-settings'>{settings_of(facts, language)}</script>\n"


def lesson_line(number, language):
    """Under a lesson's title: the tools that belong to it, as HTML."""
    words = page_words(language)
    links = [f"<a href='../playground.html#{tool}'>{words[f'{tool}_name']}</a>" for tool in TOOLS_OF_LESSON.get(number, ())]
    return f"<p class='launch'>{words['try_here']} {' · '.join(links)}</p>" if links else ""
