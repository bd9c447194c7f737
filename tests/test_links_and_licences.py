"""Links lead somewhere, licences are permissive, and nothing private or foreign was committed."""

import importlib.metadata
import re
import shutil
import subprocess
import urllib.parse

import nbformat
import numpy as np
import pytest
import yaml
from sklearn.feature_extraction.text import CountVectorizer

from helpers.files import ROOT
from helpers.packages import read_requirements
from series.notebooks import NOTEBOOKS
from tutorial import files_with_address, project_address

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("data/*/README.md"), *NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb")])

# Places that stay: papers, code, documentation. Add one here when a lesson needs it.
KNOWN_HOSTS = {
    "aclanthology.org", "arxiv.org", "doi.org", "github.com", "raw.githubusercontent.com", "colab.research.google.com", "huggingface.co",
    "indobenchmark.com", "www.indobenchmark.com", "indobenchmark.github.io", "medium.com", "www.kaggle.com", "pytorch.org", "docs.pytorch.org",
    "docs.python.org", "www.python.org", "numpy.org", "pandas.pydata.org", "scikit-learn.org", "matplotlib.org", "jupyter.org",
    "nbval.readthedocs.io", "hypothesis.readthedocs.io", "creativecommons.org", "opensource.org", "www.w3.org", "jmlr.org", "www.jmlr.org",
    "d2l.ai", "web.stanford.edu", "course.spacy.io", "www.deeplearningbook.org", "proceedings.mlr.press", "proceedings.neurips.cc",
    "openreview.net", "distill.pub", "jalammar.github.io", "nlp.seas.harvard.edu", "karpathy.ai", "www.nltk.org", "onnx.ai", "onnxruntime.ai",
    "www.gradio.app", "ojs.aaai.org", "ieeexplore.ieee.org", "zenodo.org", "git-scm.com", "codespaces.new",
}  # fmt: skip

PERMISSIVE = {
    "MIT", "MIT-0", "MIT-CMU", "BSD", "BSD-2-CLAUSE", "BSD-3-CLAUSE", "0BSD", "APACHE-2.0", "APACHE", "ISC", "ZLIB", "BSL-1.0", "CC0-1.0",
    "PSF", "PSF-2.0", "PYTHON-2.0", "UNLICENSE", "HPND", "OFL-1.1", "LLVM-EXCEPTION",
    "MPL-2.0",  # tqdm and hypothesis: its terms bind changes to their own files only
}  # fmt: skip


def texts_of(page):
    """The markdown of a page, code blocks aside, with the place of each part."""
    if page.suffix == ".ipynb":
        cells = [cell for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "markdown"]
        parts = [(f"cell {cell.id}", cell.source) for cell in cells]
    else:
        parts = [("", page.read_text(encoding="utf-8"))]
    return [(place, re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)) for place, text in parts]


def links_in(text):
    """Targets of markdown links and images, of HTML ones and of bare addresses."""
    inline = re.findall(r"\]\(\s*<?([^()\s>]+(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)", text)
    html = re.findall(r"""\b(?:href|src)=["']([^"']+)""", text)
    bare = re.findall(r"(?<![(\[\"'<=])\bhttps?://[^\s)>\]|\"'`]+", text)
    return [link.rstrip(".,;:") for link in [*inline, *html, *bare]]


def anchors(page):
    """What `#...` may name on a page: GitHub's form in a .md file, Jupyter's in a notebook."""
    found = set()
    for _, text in texts_of(page):
        found.update(re.findall(r"""\b(?:id|name)=["']([^"']+)""", text))
        for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE):
            heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            heading = re.sub(r"[*`]", "", heading)
            if page.suffix == ".ipynb":
                found.add(heading.replace(" ", "-"))
            else:
                slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
                count = sum(name == slug or re.fullmatch(re.escape(slug) + r"-\d+", name) is not None for name in found)
                found.add(f"{slug}-{count}" if count else slug)
    return found


def link_problem(link, page):
    """Why a link of a page leads nowhere, or None."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme == "mailto":
        return None
    if parts.scheme == "attachment":
        return (
            None if page.suffix == ".ipynb" and f'"{parts.path}": {{' in page.read_text(encoding="utf-8") else "is not attached to a cell"
        )
    if parts.scheme or parts.netloc:
        if parts.scheme != "https":
            return "is not https"
        if parts.netloc not in KNOWN_HOSTS:
            return "leads to a host that is not in KNOWN_HOSTS"
        return None
    path, anchor = urllib.parse.unquote(parts.path), urllib.parse.unquote(parts.fragment)
    target = (page.parent / path) if path else page
    if not target.exists():
        return "leads to a file that does not exist"
    if anchor and target.suffix in (".md", ".ipynb") and anchor not in anchors(target):
        return "leads to a heading that does not exist"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    problems = [
        f"{place}: {link} {problem}" for place, text in texts_of(page) for link in links_in(text) if (problem := link_problem(link, page))
    ]
    assert not problems, f"{page.name}:\n" + "\n".join(problems)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("lost.md", "file that does not exist"),
        ("attachment:lost.png", "not attached"),
        ("#no-such-heading", "heading that does not exist"),
        ("http://github.com/a/b", "not https"),
        ("https://example.invalid/page", "KNOWN_HOSTS"),
        ("page.md#part-one-2", "heading that does not exist"),
    ],
)
def test_a_broken_link_is_noticed(tmp_path, link, words):
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n## Part one\n\n## Part one\n\nSee [this]({link}) and [that](page.md#part-one-1).", encoding="utf-8")
    problems = [link_problem(found, page) for _, text in texts_of(page) for found in links_in(text)]
    assert len(problems) == 2 and words in problems[0] and problems[1] is None


def test_links_to_the_project_use_its_address():
    owner, name = project_address().removeprefix("https://github.com/").split("/")
    for path in files_with_address():
        for found in re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)", path.read_text(encoding="utf-8")):
            assert found == f"{owner}/{name}", f"{path.name}: run tutorial.py address {project_address()}"


def test_the_colab_links_of_a_lesson_open_that_lesson():
    for path in NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb"):
        for _, text in texts_of(path):
            for found in re.findall(r"colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[\w.-]+/([^\s)\"]+)", text):
                assert (ROOT / found).is_file(), f"{path.name}: {found}"


# ------------------------------------------------------------------- licences


def test_the_project_is_under_the_mit_licence():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_citation_file_parses_and_agrees_with_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == "MIT" and citation["repository-code"] == project_address()
    assert f'version = "{citation["version"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def licences_of(metadata):
    """Licence names that a package's metadata give, in SPDX's spelling where that is easy."""
    words = (metadata.get("License") or "").strip().splitlines()[:1]
    expression = metadata.get("License-Expression") or (words[0] if words and " AND " in words[0] else None)
    if expression:
        return re.findall(r"[\w.+-]+", re.sub(r"\b(AND|OR|WITH)\b", " ", expression))
    classifiers = [line.split(" :: ")[-1] for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    names = {"BSD License": "BSD", "MIT License": "MIT", "Apache Software License": "Apache", "Python Software Foundation License": "PSF"}
    names["Mozilla Public License 2.0 (MPL 2.0)"] = "MPL-2.0"
    if classifiers:
        return [names.get(name, name) for name in classifiers]
    return [re.split(r" License|, Version| and ", words[0])[0].strip().replace(" ", "-")] if words else []


@pytest.mark.parametrize("name", read_requirements())
def test_a_requirement_has_a_permissive_licence(name):
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.fail(f"{name} is not installed: run python3 tutorial.py test")
    licences = licences_of(metadata)
    assert licences, f"{name}: no licence in its metadata"
    assert {licence.upper() for licence in licences} <= PERMISSIVE, f"{name}: {licences}"


# ------------------------------------------------------------ what is committed


def committed_files():
    """Every file of the tree that git keeps or would keep."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so there is no list of its files")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode != 0:
        pytest.skip("not a git repository, so there is no list of its files")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def committed_texts():
    for path in committed_files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue


# Put together from parts, so that this file does not hold them.
REGISTRIES = [".".join(parts) for parts in [
    ("pypi", "org"), ("pythonhosted", "org"), ("download", "pytorch", "org"), ("npmjs", "org"), ("anaconda", "org"), ("debian", "org"),
]]  # fmt: skip
# The site's libraries for the browser come from npm, which nobody here has to have: its public address is what npm itself would use.
ALLOWED = {"series/site/playground.py": [".".join(("npmjs", "org"))]}
PRIVATE_PATHS = re.compile(r"(?<![\w/+=.:-])/(?:" + "|".join(["home", "Users", "root", "workspace", "work"]) + r")/[\w.]")


def private_things(text):
    """Hosts of package registries and paths of somebody's computer in a text."""
    return [host for host in REGISTRIES if host in text] + PRIVATE_PATHS.findall(text)


def test_no_committed_file_names_a_registry_or_a_path_of_one_computer():
    found = {name: things for name, text in committed_texts() if (things := private_things(text))}
    assert found == ALLOWED


@pytest.mark.parametrize("text", ["pip install -i https://" + REGISTRIES[0] + "/simple", "open('" + "/home/" + "ani/data.tsv')"])
def test_a_registry_or_a_private_path_is_noticed(text):
    assert private_things(text)


# --------------------------------------------------------- no row of SmSA inside


def read_rows(paths):
    """The texts of files in SmSA's format."""
    return [line.split("\t")[0] for path in paths for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]


def five_grams(text):
    text = re.sub(r"\s+", " ", text.lower())
    return {text[place : place + 5] for place in range(len(text) - 4)}


def closest(texts, others):
    """For each text its highest Jaccard similarity to another list, over the sets of character 5-grams."""
    vectorizer = CountVectorizer(analyzer=five_grams, binary=True)
    here = vectorizer.fit_transform(texts)
    sizes, other_sizes = ([len(five_grams(text)) for text in rows] for rows in (texts, others))
    shared = (here @ vectorizer.transform(others).T).tocoo()
    together = np.asarray(sizes)[shared.row] + np.asarray(other_sizes)[shared.col] - shared.data
    best = np.zeros(len(texts))
    np.maximum.at(best, shared.row, shared.data / together)
    return best


def test_similarity_tells_a_copy_from_another_thought():
    rows = ["makanannya enak sekali dan pelayannya ramah", "harga tiket pesawat naik lagi menjelang lebaran"]
    copy, near, other = closest([rows[0], rows[0] + " lho", "kucing tetangga tidur di atas genting"], rows)
    assert copy == 1.0 and 0.5 < near < 1.0 and other < 0.2


@pytest.mark.real_smsa
def test_no_row_of_the_sample_is_a_row_of_smsa(smsa_dir):
    sample = read_rows(sorted((ROOT / "data" / "smsa_sample").glob("*.tsv")))
    smsa = sorted(set(read_rows(sorted(smsa_dir.glob("*.tsv")))))
    assert sample and smsa
    near = [(text, f"{score:.2f}") for text, score in zip(sample, closest(sample, smsa), strict=True) if score > 0.5]
    assert not near


@pytest.mark.real_smsa
def test_no_committed_file_holds_a_row_of_smsa(smsa_dir):
    rows = {text.strip() for text in read_rows(sorted(smsa_dir.glob("*.tsv"))) if len(text) >= 40}
    found = {}
    for name, text in committed_texts():
        pieces = {piece.strip() for piece in re.split(r'[\t\n"|]|\\n|\\t', text)}
        if pieces & rows:
            found[name] = sorted(pieces & rows)[:3]
    assert not found
