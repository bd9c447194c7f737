"""The scoreboard and the red thread: lessons add rows, later ones find them, and what was not run is said to be so."""

import types

import numpy as np
import pandas as pd
import pytest
from refusals import refusals

from helpers import scoreboard as module
from helpers.data import INDEX2LABEL, load_dataset
from helpers.files import ROOT
from helpers.messages import LANGUAGES, MESSAGES, set_language
from helpers.scoreboard import (
    METHODS,
    RED_THREAD,
    add_score,
    add_thread,
    board_numbers,
    negation_pairs,
    negation_pairs_right,
    read_board,
    scoreboard,
    smsa_counts,
    smsa_results,
    smsa_scores,
    thread_table,
)

RIGHT = [label for _, _, label in RED_THREAD]


@pytest.fixture
def lesson(tmp_path):
    """Builds a lesson of some number; all of them share one output folder."""

    def numbered(number, data="sample"):
        return types.SimpleNamespace(number=number, output_dir=tmp_path / "outputs", recipe=types.SimpleNamespace(data=data))

    return numbered


def test_a_later_lesson_finds_what_an_earlier_one_measured(lesson):
    add_score(lesson(0), "rules", 0.25)
    add_score(lesson(1), "tfidf", 0.76)
    table = scoreboard(lesson(1))
    assert list(table.iloc[:, 0])[1] == "0.250" and list(table.iloc[:, 0])[-1] == "0.760"


def test_a_lesson_shows_no_method_that_comes_later(lesson):
    add_score(lesson(1), "tfidf", 0.76)
    assert list(scoreboard(lesson(0)).index) == ["selalu kelas terbanyak", "aturan", "bag of words", "jaringan kecil"]
    assert len(scoreboard(lesson(5))) == len(METHODS)


def test_a_method_that_was_not_run_says_in_which_lesson_it_is_measured(lesson):
    for language, words in (("id", "belum dijalankan (Pelajaran 1)"), ("en", "not run yet (Lesson 1)")):
        set_language(language)
        assert words in list(scoreboard(lesson(1)).iloc[:, 0])


def test_several_seeds_are_shown_with_their_range_and_a_new_run_takes_the_place_of_the_old(lesson):
    add_score(lesson(0), "small_network", 0.7, 0.8)
    add_score(lesson(0), "small_network", 0.5, 0.7, 0.6)
    assert scoreboard(lesson(0)).iloc[3, 0] == "0.600 (0.500\N{NON-BREAKING HYPHEN}0.700)"
    numbers = board_numbers(lesson(0)).iloc[3]
    assert (numbers["low"], numbers["high"]) == (0.5, 0.7) and numbers["mean"] == pytest.approx(0.6)
    assert pd.isna(board_numbers(lesson(0)).iloc[0]["mean"])


def test_the_stored_scores_of_the_real_smsa_are_there_with_several_seeds_where_chance_plays():
    scores = smsa_scores()
    assert {"majority", "rules", "bag_of_words", "small_network", "tfidf", "random_weights", "pretrained"} <= set(scores)
    assert all(0 <= score <= 1 for runs in scores.values() for score in runs)
    assert len(scores["small_network"]) == len(scores["pretrained"]) == 5
    assert scores["random_weights"]


def test_wrong_entries_are_refused_in_words(lesson):
    for text in refusals(ValueError, add_score, lesson(0), "svm", 0.5).values():
        assert '"svm"' in text and "pretrained" in text
    for scores in ((), (82.4,), (-0.1,), (float("nan"),)):
        refusals(ValueError, add_score, lesson(0), "rules", *scores)
    for labels in ([0, 1], [0] * 6):
        for text in refusals(ValueError, add_thread, lesson(0), "rules", labels).values():
            assert str(len(labels)) in text
    assert read_board(lesson(0)) == {"scores": {}, "thread": {}}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"scores": 3, "thread": 4}'])
def test_a_damaged_board_begins_empty_with_a_note(lesson, content, capsys):
    add_score(lesson(0), "rules", 0.25)
    (lesson(0).output_dir / "scoreboard.json").write_text(content, encoding="utf-8")
    assert read_board(lesson(0)) == {"scores": {}, "thread": {}}
    assert "scoreboard.json" in capsys.readouterr().out


def test_the_red_thread_marks_wrong_labels_counts_right_ones_and_says_how_many_seeds_agree(lesson):
    index_of = {label: index for index, label in INDEX2LABEL.items()}
    add_thread(lesson(0), "rules", [index_of[label] for label in RIGHT])
    add_thread(lesson(0), "small_network", ["positive"] * 5, RIGHT, RIGHT)
    add_thread(lesson(0), "bag_of_words", ["positive"] * 5)
    table = thread_table(lesson(0))
    assert list(table["aturan"]) == [*RIGHT, "5"]
    assert list(table["bag of words"]) == ["(positive)", "(positive)", "(positive)", "positive", "positive", "2"]
    assert list(table["jaringan kecil"])[:4] == ["negative 2/3", "negative 2/3", "negative 2/3", "positive 3/3"]


def test_the_stored_thread_of_methods_trained_on_smsa_grows_with_the_lessons(lesson):
    assert list(thread_table(lesson(0), smsa=True).columns[1:]) == ["aturan", "bag of words", "jaringan kecil"]
    assert "TF-IDF" in thread_table(lesson(1), smsa=True).columns


def test_the_five_sentences_are_in_no_split_of_the_sample():
    texts = set()
    for split in ("train", "valid", "test"):
        texts |= set(load_dataset(ROOT / "data" / "smsa_sample" / f"{split}.tsv")["text"])
    assert not texts & {text for _, text, _ in RED_THREAD}


def test_every_method_and_kind_of_sentence_has_a_name_in_both_languages():
    for name in [*METHODS, *(kind for kind, _, _ in RED_THREAD)]:
        assert set(MESSAGES[f"scoreboard.{name}"]) == set(LANGUAGES)


def test_the_board_is_written_whole(lesson, monkeypatch):
    add_score(lesson(0), "rules", 0.25)
    written = []
    monkeypatch.setattr(module, "write_atomically", lambda path, content: written.append((path.name, content)))
    add_score(lesson(0), "majority", 0.2)
    assert [name for name, _ in written] == ["scoreboard.json"] and b'"rules"' in written[0][1]


def test_what_lesson_0_says_of_the_stored_thread_holds():
    """With 11,000 rows the plain sentence and the turn come right; the negation stays wrong for whoever only counts words."""
    place_of = {kind: place for place, (kind, _, _) in enumerate(RED_THREAD)}
    for method in ("bag_of_words", "small_network"):
        for labels in smsa_results()["thread"][method]:
            assert [labels[place_of[kind]] == RIGHT[place_of[kind]] for kind in ("plain", "turn", "negation")] == [True, True, False]
    assert smsa_results()["thread"]["rules"][0][place_of["negation"]] == "negative"


def test_a_negation_pair_counts_only_when_both_of_its_sentences_are_right():
    pairs = negation_pairs()
    label_of = dict(zip(pairs["sentence"], pairs["label"])) | dict(zip(pairs["other_sentence"], pairs["other_label"]))
    index_of = {label: index for index, label in INDEX2LABEL.items()}
    assert negation_pairs_right(lambda texts: [label_of[text] for text in texts]) == len(pairs) == 60
    assert negation_pairs_right(lambda texts: np.array([index_of[label_of[text]] for text in texts])) == 60
    broken = label_of | {pairs["sentence"][0]: pairs["other_label"][0]}
    assert negation_pairs_right(lambda texts: [broken[text] for text in texts]) == 59
    assert negation_pairs_right(lambda texts: [0] * len(texts)) == 0


def test_what_lesson_1_says_of_the_stored_tfidf_holds():
    """Trained on SmSA it is right on four sentences, the negation among them, and wrong on more than half of the negation pairs."""
    stored = smsa_counts()
    (labels,) = smsa_results()["thread"]["tfidf"]
    assert sum(label == right for label, right in zip(labels, RIGHT)) == 4
    assert labels[[kind for kind, _, _ in RED_THREAD].index("negation")] == "negative"
    pairs = stored["negation_pairs"]
    assert pairs["bag_of_words"] + 10 < pairs["tfidf"] < 30
    low, high = stored["difference"]["tfidf - bag_of_words"]
    assert low < 0 < high and stored["difference"]["tfidf - rules"][0] > 0.2
    assert 24 <= stored["train_texts_with"]["tidak enak"] <= 99  # "dozens"


def test_what_lesson_1_says_of_the_stored_counts_holds():
    splits, share = smsa_counts()["splits"], smsa_counts()["share_with_tidak"]
    train, valid, test = (splits[split] for split in ("train", "valid", "test"))
    assert train["percent"]["positive"] > 50 and abs(test["percent"]["positive"] - test["percent"]["negative"]) < 2
    assert train["duplicates"] >= 24 and valid["in_train"] >= 3 and test["in_train"] == 0
    assert share["negative"] > share["positive"] > 0.2
