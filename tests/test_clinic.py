"""The thesis clinic: habits leak where they should, costs are right, a paragraph claims no more than its interval, the checklist is one page."""

import json
import re
import types

import numpy as np
import pandas as pd
import pytest
from refusals import refusals

from helpers import clinic
from helpers.clinic import (
    HABITS,
    best_cost,
    checklist_text,
    cost,
    cost_numbers,
    cost_table,
    difference_interval,
    near_copies,
    note_cost,
    oversample,
    prepared_tables,
    read_checklist,
    results_paragraph,
    score_of_choice,
    scraped,
    split_rows,
    stored_costs,
)
from helpers.messages import LANGUAGES, set_language
from series.checklist import checklist_page, find_browser, main, write_checklists

RUN = {
    "data": "sample", "train": 600, "valid": 150, "test": 150, "seeds": 1, "largest": 0.41, "copies": 3, "f1": 0.75, "low": 0.68, "high": 0.82,
    "majority": 0.2, "baseline": 0.7, "points": 5.0, "points_low": -2.0, "points_high": 12.0,
    "true": "negative", "taken_for": "positive", "mistaken": 14, "rows": 61,
}  # fmt: skip


@pytest.fixture
def table():
    labels = [0] * 60 + [1] * 12 + [2] * 28
    words = np.random.default_rng(0).choice(list("abcdefghij"), (100, 12))
    return pd.DataFrame({"text": [f"{row} {' '.join(words[row])}" for row in range(100)], "label": labels})


@pytest.fixture
def lesson(tmp_path):
    return types.SimpleNamespace(output_dir=tmp_path / "outputs", recipe=types.SimpleNamespace(data="sample"))


# ------------------------------------------------------------------------ costs


def test_a_cost_is_the_mean_of_paired_differences_in_points():
    points, low, high = cost([0.9, 0.8, 0.7], [0.8, 0.6, 0.6])
    assert points == pytest.approx(100 * (0.1 + 0.2 + 0.1) / 3) and low < points < high


def test_an_unchanging_difference_leaves_no_doubt_and_overlapping_splits_leave_more():
    assert cost([0.5, 0.6], [0.4, 0.5]) == pytest.approx((10, 10, 10))
    scores = [0.9, 0.8, 0.85], [0.7, 0.75, 0.7]
    assert cost(*scores)[2] > cost(*scores, overlap=0)[2]


def test_students_t_covers_the_true_difference_about_nineteen_times_in_twenty():
    draw = np.random.default_rng(1)
    intervals = [cost(draw.normal(0.8, 0.02, 5), draw.normal(0.75, 0.02, 5), overlap=0) for _ in range(600)]
    assert 0.92 < np.mean([low < 5 < high for _, low, high in intervals]) < 0.98


def test_the_best_seed_lies_above_the_mean_unless_all_are_equal():
    points, low, high = best_cost([0.7, 0.8, 0.75])
    assert points == pytest.approx(5) and 0 <= low <= high
    assert best_cost([0.7, 0.7, 0.7]) == pytest.approx((0, 0, 0))


def test_the_interval_of_a_difference_is_paired():
    label = ["a", "b"] * 60
    worse = ["b", "a"] * 10 + label[20:]
    points, low, high = difference_interval(label, worse, label)
    assert low > 0 and low < points < high
    assert difference_interval(worse, worse, label) == (0, 0, 0)


# ----------------------------------------------------------------------- habits


def test_oversampling_keeps_every_row_and_makes_all_classes_equal(table):
    grown = oversample(table, seed=3)
    assert set(grown["label"].value_counts()) == {60} and set(grown["text"]) == set(table["text"])


@pytest.mark.parametrize("seed", range(3))
def test_the_habit_leaks_and_the_honest_version_does_not(table, seed):
    train, test = split_rows(oversample(table, seed), seed)
    assert test["text"].isin(set(train["text"])).mean() > 0.4
    train, test = split_rows(table, seed)
    assert not set(oversample(train, seed)["text"]) & set(test["text"])


def test_the_honest_split_keeps_copies_on_one_side_and_the_test_rows_the_same(table, monkeypatch):
    seen = []
    monkeypatch.setattr(clinic, "tfidf_f1", lambda train, test: seen.append((train, test)) or 0.0)
    clinic.split_with_copies(table, 0)
    clinic.split_by_source(table, 0)
    (leaking, test), (honest, same_test) = seen
    assert test.equals(same_test) and leaking["source"].isin(test["source"]).any()
    assert not honest["source"].isin(test["source"]).any()


def test_copies_are_found_without_knowing_their_source(table):
    train, test = split_rows(scraped(table, 0), 0)
    truly = test["source"].isin(train["source"]).to_numpy()
    assert (near_copies(test["text"], train["text"]) == truly).mean() > 0.9


def test_a_choice_by_the_test_half_never_loses_on_it():
    draw = np.random.default_rng(0)
    labels = draw.integers(3, size=80)
    guesses = [np.where(draw.random(80) < 0.6, labels, draw.integers(3, size=80)) for _ in range(6)]
    for seed in range(10):
        assert score_of_choice(guesses, labels, seed, by_test=True) >= score_of_choice(guesses, labels, seed, by_test=False)


def test_the_prepared_texts_belong_to_the_samples_rows():
    tables = prepared_tables()
    assert [len(tables[split]) for split in ("train", "valid", "test")] == [600, 150, 150]
    for rows in tables.values():
        assert rows["prepared"].str.strip().all()
        assert (rows["prepared"].str.split().str.len() <= rows["text"].str.split().str.len()).all()
        shared = [bool(set(text.split()) & set(prepared.split())) for text, prepared in zip(rows["text"], rows["prepared"])]
        assert np.mean(shared) > 0.97


def test_hidden_subwords_are_never_special_and_their_answer_is_kept():
    torch = pytest.importorskip("torch")
    tokenizer = types.SimpleNamespace(all_special_ids=[0, 2, 3], mask_token_id=4)
    subword = torch.tensor([[2, *range(10, 40), 3, 0, 0]] * 8)
    masked, label = clinic.hide_words(subword, tokenizer, torch.Generator().manual_seed(0))
    hidden = label != clinic.NOT_HIDDEN
    assert 0.05 < hidden.float().mean() < 0.3 and not (hidden & (subword < 4)).any()
    assert (masked[hidden] == 4).all() and (label[hidden] == subword[hidden]).all() and (masked[~hidden] == subword[~hidden]).all()


# --------------------------------------------------------------- the stored figures


def test_the_stored_figures_of_smsa_are_whole():
    costs = stored_costs()
    assert set(costs) == set(HABITS)
    for habit, kinds in costs.items():
        for entry in kinds.values():
            assert entry["low"] <= entry["points"] <= entry["high"] and entry["seeds"] >= 5 and entry["rows"] > 0, habit
            assert entry["points"] == pytest.approx(100 * (entry["reported"] - entry["honest"]), abs=0.02), habit


def test_what_the_lesson_says_of_smsa_holds():
    """Order, copies, measure and key raise the figure; preparing the texts does not."""
    costs = stored_costs()
    for habit in ("oversampling", "duplicates", "accuracy", "lexicon", "other_data"):
        assert costs[habit]["tfidf"]["low"] > 0, habit
    assert costs["preparation"]["bert"]["high"] < 0 < costs["preparation"]["tfidf"]["high"]
    assert costs["read_test"]["bert"]["low"] < 0 < costs["read_test"]["bert"]["high"]
    assert costs["chosen_on_test"]["tfidf"]["points"] >= 0


# --------------------------------------------------------------- notes and tables


def test_a_cost_is_kept_shown_and_named_in_both_languages(lesson, capsys):
    note_cost(lesson, "oversampling", [0.9, 0.9], [0.8, 0.8], (10.0, 9.0, 11.0))
    assert "+10.0 (+9.0" in capsys.readouterr().out
    for language in LANGUAGES:
        set_language(language)
        table = cost_table(lesson)
        assert table.shape == (9, 3) and table.iloc[0, 0].startswith("+10.0")
        assert re.match(r"1\. ", table.index[0]) and set(table.iloc[1:, 0]) == {table.iloc[1, 0], "-"}
    numbers = cost_numbers(lesson)
    assert numbers.iloc[0]["mean"] == 10 and np.isnan(numbers.iloc[1]["mean"])


def test_an_unknown_habit_is_refused_and_a_damaged_file_begins_empty_with_a_note(lesson, capsys):
    for text in refusals(ValueError, note_cost, lesson, "luck", [0.9], [0.8], (1, 1, 1)).values():
        assert '"luck"' in text and "oversampling" in text
    lesson.output_dir.mkdir(parents=True)
    (lesson.output_dir / "thesis_clinic.json").write_text("{", encoding="utf-8")
    assert clinic.read_costs(lesson) == {} and "thesis_clinic.json" in capsys.readouterr().out


# ---------------------------------------------------------------- the paragraph


@pytest.mark.parametrize(("low", "high", "words"), [(-2, 12, "not shown"), (1, 9, "is better than"), (-9, -1, "is worse than")])
def test_a_paragraph_claims_what_the_interval_allows(low, high, words):
    set_language("en")
    text = results_paragraph(RUN | {"points_low": low, "points_high": high})
    assert words in text
    assert sum(verdict in text for verdict in ("not shown", "is better than", "is worse than")) == 1


def test_a_paragraph_names_data_splits_seeds_interval_baseline_and_limits_in_both_languages():
    for language, words in (
        ("id", ("bukan SmSA", "satu seed", "14 dari 61 baris negative")),
        ("en", ("not SmSA", "one seed", "14 of 61 negative")),
    ):
        set_language(language)
        text = results_paragraph(RUN)
        assert all(word in text for word in (*words, "600", "150", "0.750", "0.680", "0.820", "0.700", "0.200", "+5.0", "TF-IDF"))
        assert "{" not in text
        assert "12" in results_paragraph(RUN | {"seeds": 12, "data": "smsa"})


def test_a_paragraph_of_a_model_without_a_mistake_names_none():
    for language, words in (("id", "Tidak ada baris uji yang salah"), ("en", "No test row was mistaken")):
        set_language(language)
        assert words not in results_paragraph(RUN)
        text = results_paragraph(RUN | {"mistaken": 0})
        assert words in text and RUN["taken_for"] not in text


# ---------------------------------------------------------------- the checklist


def test_the_checklist_has_a_question_and_a_sign_for_each_habit_in_both_languages():
    checklist = read_checklist()
    assert len(checklist["items"]) == len(HABITS)
    for language in LANGUAGES:
        set_language(language)
        assert checklist_text().count("[ ]") == len(HABITS)
        page = checklist_page(language)
        assert page.count('class="box"') == len(HABITS) and f'lang="{language}"' in page
        for item in checklist["items"]:
            assert item["ask"][language].endswith("?") and item["ask"][language] in page and item["sign"][language] in page


def test_the_pages_are_written_and_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("series.checklist.find_browser", lambda: None)
    assert main(["--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checklist_en.html", "checklist_id.html"]
    assert "checklist_id.html" in capsys.readouterr().out


@pytest.mark.skipif(find_browser() is None, reason="there is no Chromium here")
def test_each_checklist_fills_one_page_of_pdf(tmp_path):
    written = write_checklists(tmp_path)
    pages = [path for path in written if path.suffix == ".pdf"]
    assert len(pages) == len(LANGUAGES)
    for path in pages:
        content = path.read_bytes()
        assert content.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 1


def test_the_file_of_figures_says_by_what_it_was_made():
    results = json.loads(clinic.RESULTS.read_text(encoding="utf-8"))
    assert results["made_by"]["command"] == "python -m benchmarks.thesis_clinic" and results["unit"]
