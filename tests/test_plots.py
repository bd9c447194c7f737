"""Every figure draws without a warning, is closed, and says in words what it shows, in every language."""

import inspect
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_checkpoint import bundled_tokenizer

from helpers import plots
from helpers.batching import pad_batch
from helpers.data import encode_texts
from helpers.messages import LANGUAGES, set_language

matplotlib.use("agg")

TITLE = "Judul gambar"
WORDS = ["enak", "😀", "字", "$5", "$x^2$", "_a_", "tidak"]
MASKED = pad_batch(encode_texts(["enak sekali", "$harga$ naik , kecewa"], bundled_tokenizer()))
CONFUSION = pd.DataFrame(np.eye(3, dtype=int) * 7, index=list("abc"), columns=list("abc"))
RELIABILITY = pd.DataFrame({"rows": [5, 9], "confidence": [0.45, 0.93], "accuracy": [0.4, 0.89]})

SCORES = pd.DataFrame({"mean": [0.25, 0.5], "low": [0.25, 0.4], "high": [0.25, 0.6], "smsa_mean": [0.47, np.nan],
                       "smsa_low": [0.47, np.nan], "smsa_high": [0.47, np.nan]}, index=["aturan", "jaringan"])  # fmt: skip

# function, its arguments after which the title comes, what the alternative text has to say
FIGURES = {
    "bars": (plots.plot_bars, (pd.Series({"positive": 6416, "nihil": 0}),), ["positive 6416", "nihil 0"]),
    "scores": (plots.plot_scores, (SCORES, ("satu", "dua")), ["satu: aturan 0.250, jaringan 0.500", "dua: aturan 0.470"]),
    "grouped bars": (plots.plot_grouped_bars, (pd.DataFrame({"latih": [0.58, 0.1], "uji": [0.4, 0.2]}, index=["positive", "neutral"]),), ["positive: latih 0.580, uji 0.400"]),
    "histograms": (plots.plot_histograms, ({"latih": [3, 5, 7], "uji": [2, 2, 9]},), ["latih 5", "uji 2"]),
    "lines": (plots.plot_lines, (pd.DataFrame({"latih": [1.1, 0.5], "validasi": [0.9, np.nan]}, index=[1, 2]),), ["latih: 1.1 → 0.500", "validasi: 0.900 → 0.900"]),
    "long lines": (plots.plot_lines, (pd.DataFrame({"loss": np.linspace(1, 0.25, 300)}),), ["loss: 1 → 0.250"]),
    "heat map": (plots.plot_heatmap, (CONFUSION,), ["3", "7"]),
    "heat map of ten": (plots.plot_heatmap, (pd.DataFrame(np.arange(100).reshape(10, 10)),), ["10", "99", "9"]),
    "heat map of nothing": (plots.plot_heatmap, (CONFUSION * 0,), ["0"]),
    "heads": (plots.plot_heads, (torch.eye(7).repeat(3, 1, 1), WORDS, ["head 1", "head 2", "head 3"]), ["head 1: enak → enak", "head 3: ", "$5 → $5"]),
    "padding grid": (plots.plot_padding_grid, (*MASKED, bundled_tokenizer()), [str(int((MASKED[1] == 0).sum())), str(MASKED[1].numel())]),
    "long padding grid": (plots.plot_padding_grid, (torch.ones(2, 60, dtype=int), torch.ones(2, 60, dtype=int), bundled_tokenizer()), ["120"]),
    "word importance": (plots.plot_word_importance, (pd.DataFrame({"word": WORDS, "importance": [0.1, 0.02, 0, 0, -0.3, 0, 0.6]}),), ["tidak 0.600", "$x^2$ -0.300", "enak 0.100"]),
    "reliability": (plots.plot_reliability, (RELIABILITY,), ["0.450 → 0.400", "0.930 → 0.890"]),
    "graph": (plots.plot_graph, ([("x", "kali"), ("w", "kali"), ("kali", "loss")],), ["x → kali; w → kali; kali → loss"]),
}  # fmt: skip


@pytest.fixture
def shown(monkeypatch):
    """Figures as they were shown: each drawn as a notebook draws it, with its alternative text."""
    found = []

    def display(figure, metadata):
        figure.canvas.draw()
        found.append((figure, metadata["image/png"]["alt"]))

    monkeypatch.setattr(plots, "display", display)
    yield found
    plt.close("all")


def draw(function, arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        function(*arguments, title=TITLE)


def test_every_figure_of_the_lessons_is_tested():
    functions = {function for name, function in inspect.getmembers(plots, inspect.isfunction) if name.startswith("plot_")}
    assert {function for function, _, _ in FIGURES.values()} == functions


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_without_a_warning_is_closed_and_says_what_it_shows(shown, name):
    function, arguments, said = FIGURES[name]
    before = plt.get_fignums()
    for language in LANGUAGES:
        set_language(language)
        draw(function, arguments)
    assert plt.get_fignums() == before
    texts = [alt for _, alt in shown]
    assert len(set(texts)) == len(LANGUAGES)
    for text in texts:
        assert TITLE in text
        assert all(part in text for part in said), text


@pytest.mark.parametrize("confidence", [0.06, 0.5])
def test_the_reliability_of_a_model_of_many_classes_lies_inside_the_figure(shown, confidence):
    draw(plots.plot_reliability, (RELIABILITY.assign(confidence=[confidence, 0.93]),))
    low, high = shown[0][0].axes[0].get_xlim()
    assert low < confidence < 0.93 < high


def test_dollar_signs_in_a_text_are_not_taken_for_mathematics(shown):
    draw(plots.plot_word_importance, (pd.DataFrame({"word": ["$\\foo$", "$$"], "importance": [0.1, 0.2]}),))
    assert [label.get_text() for label in shown[0][0].axes[0].get_yticklabels()] == ["$\\foo$", "$$"]


def test_highlighted_bars_differ_by_more_than_colour(shown):
    plots.plot_bars(pd.Series({"lama": 1.5, "baru": 2.5}), TITLE, highlight=["baru"])
    bars = shown[0][0].axes[0].patches
    assert [bar.get_hatch() or "" for bar in bars] == ["", "//"]


def test_the_style_of_the_lessons_does_not_leak_into_the_learners_own_figures(shown):
    before = dict(matplotlib.rcParams)
    draw(*FIGURES["bars"][:2])
    assert dict(matplotlib.rcParams) == before
