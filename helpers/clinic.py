"""Nine habits that raise a number and not a model, each beside its honest version (built in lesson 08)."""

import json
import statistics
import textwrap
import tomllib

import numpy as np
import pandas as pd
import torch
from scipy.stats import t
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split

from helpers.batching import pad_batch
from helpers.data import INDEX2LABEL, encode_texts, load_dataset, tfidf_baseline
from helpers.evaluation import bootstrap_differences, bootstrap_interval, confusion_table, document_sentiment_metrics_fn, middle, paired
from helpers.files import ROOT, write_atomically
from helpers.first_models import guess_sentiment
from helpers.messages import message, translated
from helpers.sharing import worst_confusion

#: The habits in the lesson's order; their names are in `helpers.messages` as ``clinic.NAME``.
HABITS = (
    "oversampling", "duplicates", "chosen_on_test", "preparation", "accuracy", "best_seed", "lexicon", "read_test", "other_data",
)  # fmt: skip
SEEDS = range(5)
HALVINGS = range(20)  # of valid and test rows, to choose by one half
RESULTS = ROOT / "data" / "results" / "thesis_clinic.json"
CHECKLIST = ROOT / "data" / "clinic" / "checklist.toml"
PREPARED = ROOT / "data" / "clinic" / "prepared.tsv"
ENDINGS = ("!", "..", "min", "@user", "rt")  # what a copied post gains on its way
MASK_SHARE, NOT_HIDDEN = 0.15, -100
LINE = 85  # letters of a printed line


def tfidf_f1(train, test):
    """Macro-F1 on one table of the TF-IDF baseline trained on another. Built in lesson 08.

    Parameters
    ----------
    train, test : pandas.DataFrame
        Columns ``text`` and ``label``.

    Returns
    -------
    float
    """
    labels = tfidf_baseline().fit(train["text"], train["label"]).predict(test["text"])
    return document_sentiment_metrics_fn(list(labels), list(test["label"]))["F1"]


def split_rows(table, seed):
    """Four fifths to train on and one fifth to test on, drawn with the same mix of classes. Built in lesson 08.

    Returns
    -------
    train, test : pandas.DataFrame
    """
    return train_test_split(table, test_size=0.2, stratify=table["label"], random_state=seed)


# ----------------------------------------------------------------------- costs


def cost(reported, honest, overlap=0.25):
    """How many points a habit adds, with the 95 % interval over seeds. Built in lesson 08.

    Student's t over the differences seed by seed. Splits drawn again from the
    same rows share most of them, so that their scores vary too little; the
    variance is widened by `overlap` (Nadeau and Bengio, Inference for the
    Generalization Error, 2003).

    Parameters
    ----------
    reported, honest : sequence of float
        One score a seed, between 0 and 1, in the same order.
    overlap : float
        Test rows per training row of such splits, 0.2 / 0.8; 0 where only the seed of
        the training differs. The interval then says nothing of the test rows.

    Returns
    -------
    points, low, high : float

    Examples
    --------
    >>> [round(value, 1) for value in cost([0.90, 0.92, 0.91], [0.80, 0.80, 0.81], overlap=0)]
    [10.7, 7.8, 13.5]
    """
    points = 100 * (np.asarray(reported) - np.asarray(honest))
    half = t.ppf(0.975, len(points) - 1) * points.std(ddof=1) * np.sqrt(1 / len(points) + overlap)
    return float(points.mean()), float(points.mean() - half), float(points.mean() + half)


def best_cost(scores, resamples=2000, seed=42):
    """How many points the best of several seeds lies above their mean, with its 95 % interval. Built in lesson 08.

    Parameters
    ----------
    scores : sequence of float
        One a seed; seeds are drawn again with replacement, as rows are in the bootstrap.

    Returns
    -------
    points, low, high : float

    Examples
    --------
    >>> round(best_cost([0.7, 0.8, 0.75])[0], 1)
    5.0
    """
    scores = 100 * np.asarray(scores)
    drawn = np.random.default_rng(seed).choice(scores, (resamples, len(scores)))
    low, high = np.quantile(drawn.max(axis=1) - drawn.mean(axis=1), [0.025, 0.975])
    return float(scores.max() - scores.mean()), float(low), float(high)


def difference_interval(list_hyp, other_hyp, list_label):
    """By how many points of macro-F1 one model is above another on the same rows, with the 95 % interval. Used in lesson 08.

    Returns
    -------
    points, low, high : float
        The interval is that of `helpers.evaluation.bootstrap_differences`.
    """
    score, other = (document_sentiment_metrics_fn(guesses, list_label)["F1"] for guesses in (list_hyp, other_hyp))
    low, high = middle(bootstrap_differences(list_hyp, other_hyp, list_label))
    return 100 * (score - other), 100 * low, 100 * high


# ---------------------------------------------------------------- nine habits


def oversample(table, seed):
    """Copies of rows of the smaller classes, until every class has as many rows as the largest. Built in lesson 08.

    Examples
    --------
    >>> table = pd.DataFrame({"text": list("abcd"), "label": [0, 0, 0, 1]})
    >>> oversample(table, seed=0)["label"].value_counts().to_dict()
    {0: 3, 1: 3}
    """
    largest = table["label"].value_counts().max()
    copies = [rows.sample(largest - len(rows), replace=True, random_state=seed) for _, rows in table.groupby("label")]
    return pd.concat([table, *copies])


def oversampled_then_split(table, seed):
    """The habit: a test row may be a copy of a training row. Built in lesson 08."""
    train, test = split_rows(oversample(table, seed), seed)
    return tfidf_f1(train, test)


def split_then_oversampled(table, seed):
    """The honest version: only the training rows are copied. Built in lesson 08."""
    train, test = split_rows(table, seed)
    return tfidf_f1(oversample(train, seed), test)


def scraped(table, seed, share=0.3):
    """A table as scraping leaves it: a share of its posts comes again with another ending. Built in lesson 08.

    Returns
    -------
    pandas.DataFrame
        With a column ``source``: the row that a text was copied from, or its own.
    """
    again = table.sample(frac=share, random_state=seed)
    endings = np.random.default_rng(seed).choice(ENDINGS, len(again))
    again = again.assign(source=again.index, text=again["text"] + " " + endings)
    return pd.concat([table.assign(source=table.index), again], ignore_index=True)


def split_with_copies(table, seed):
    """The habit: rows are split as if none was the copy of another. Built in lesson 08."""
    return tfidf_f1(*split_rows(scraped(table, seed), seed))


def split_by_source(table, seed):
    """The honest version: no training row is a copy of a test row. Built in lesson 08."""
    train, test = split_rows(scraped(table, seed), seed)
    return tfidf_f1(train[~train["source"].isin(test["source"])], test)


def near_copies(texts, others, least=0.8):
    """Which texts have a near copy among others: the cosine of their TF-IDF vectors is at least so large. Built in lesson 08.

    Parameters
    ----------
    texts, others : sequence of str
    least : float

    Returns
    -------
    numpy.ndarray
        bool ``[texts]``

    Examples
    --------
    >>> near_copies(["kuah nya gurih sekali !", "parkir nya sempit"], ["kuah nya gurih sekali", "kamar nya luas"]).tolist()
    [True, False]
    """
    vectors = TfidfVectorizer(token_pattern=r"\S+").fit([*texts, *others])
    likeness = vectors.transform(texts) @ vectors.transform(others).T
    return likeness.max(axis=1).toarray().ravel() >= least


def try_settings(train, texts):
    """What 24 settings of the TF-IDF baseline say about some texts. Built in lesson 08.

    Returns
    -------
    list of numpy.ndarray
        Labels ``[texts]``, one array a setting.
    """
    guesses = []
    for longest in (1, 2):
        for weight in (None, "balanced"):
            for strength in (0.1, 0.3, 1, 3, 10, 30):
                model = tfidf_baseline()
                model[0].set_params(ngram_range=(1, longest))
                model[1].set_params(C=strength, class_weight=weight)
                guesses.append(model.fit(train["text"], train["label"]).predict(texts))
    return guesses


def score_of_choice(guesses, labels, seed, by_test):
    """The test score of the setting that is best on the test half, or on the other one. Built in lesson 08.

    Parameters
    ----------
    guesses : list of numpy.ndarray
        From `try_settings`.
    labels : sequence of int
        True ones; their rows are halved at random into validation and test.
    seed : int
    by_test : bool
    """
    rows = np.random.default_rng(seed).permutation(len(labels))
    valid, test = np.array_split(rows, 2)
    labels = np.asarray(labels)

    def score(guess, part):
        return document_sentiment_metrics_fn(guess[part].tolist(), labels[part].tolist())["F1"]

    best = max(guesses, key=lambda guess: score(guess, test if by_test else valid))
    return score(best, test)


def skewed(table, seed, share=0.9):
    """A table of whose rows a certain share is positive, as star ratings are. Built in lesson 08."""
    positive, others = table[table["label"] == 0], table[table["label"] != 0]
    wanted = round(len(positive) * (1 - share) / share)
    return pd.concat([positive, others.sample(wanted, random_state=seed)])


def scores_on_skewed(table, seed):
    """Accuracy and macro-F1 of the TF-IDF baseline on a skewed mix, and the accuracy of always saying positive. Built in lesson 08."""
    train, test = split_rows(skewed(table, seed), seed)
    guesses = tfidf_baseline().fit(train["text"], train["label"]).predict(test["text"])
    scores = document_sentiment_metrics_fn(list(guesses), list(test["label"]))
    return scores["ACC"], scores["F1"], float((test["label"] == 0).mean())


def label_by_lexicon(table):
    """The same texts, labelled by the rules of lesson 00. Built in lesson 08."""
    return table.assign(label=[guess_sentiment(text) for text in table["text"]])


def lexicon_scores(table, seed):
    """Macro-F1 of a model that learnt a lexicon's labels: against such labels, and against people's. Built in lesson 08."""
    train, test = split_rows(table, seed)
    model_rows = label_by_lexicon(train)
    return tfidf_f1(model_rows, label_by_lexicon(test)), tfidf_f1(model_rows, test)


def prepared_tables():
    """The sample's rows with stop words removed and the rest stemmed. Used in lesson 08.

    Made by Sastrawi 1.0.1 (``python -m benchmarks.thesis_clinic --prepare``),
    which the lesson does not need.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``train``, ``valid`` and ``test``, with the columns ``text``, ``label``
        and ``prepared``.
    """
    prepared = pd.read_csv(PREPARED, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    tables = {}
    for split in ("train", "valid", "test"):
        table = load_dataset(ROOT / "data" / "smsa_sample" / f"{split}.tsv")
        tables[split] = table.assign(prepared=prepared.loc[prepared["split"] == split, "prepared"].to_numpy())
    return tables


# ------------------------------------------------- reading on before fine-tuning


def hide_words(subword, tokenizer, generator):
    """Put ``[MASK]`` over 15 % of the subwords of a batch. Built in lesson 08.

    Parameters
    ----------
    subword : torch.Tensor
        int64 ``[batch, seq_len]``
    generator : torch.Generator

    Returns
    -------
    masked, label : torch.Tensor
        int64 ``[batch, seq_len]``; the label is -100 where nothing is to be guessed.
    """
    special = torch.isin(subword, torch.tensor(tokenizer.all_special_ids))
    hidden = (torch.rand(subword.shape, generator=generator) < MASK_SHARE) & ~special
    return subword.masked_fill(hidden, tokenizer.mask_token_id), subword.masked_fill(~hidden, NOT_HIDDEN)


def read_on(word_model, tokenizer, texts, passes=10, learning_rate=3e-4, seed=0, batch_size=16):
    """Let a model guess hidden words of some texts, over and over: pre-training goes on. Built in lesson 08.

    Parameters
    ----------
    word_model : transformers model
        From `helpers.model.load_word_model`; changed in place.
    texts : sequence of str
        Without labels.
    passes : int
        How often each text is read.
    """
    draw = torch.Generator().manual_seed(seed)
    rows = [row[: tokenizer.model_max_length] for row in encode_texts(list(texts), tokenizer)]
    optimizer = torch.optim.AdamW(word_model.parameters(), lr=learning_rate)
    word_model.train()
    for _ in range(passes):
        for batch in torch.randperm(len(rows), generator=draw).split(batch_size):
            subword, mask = pad_batch([rows[row] for row in batch], tokenizer.pad_token_id)
            masked, label = hide_words(subword, tokenizer, draw)
            masked, mask, label = (part.to(word_model.device) for part in (masked, mask, label))
            states = word_model.base_model(input_ids=masked, attention_mask=mask).last_hidden_state
            asked = label != NOT_HIDDEN
            loss = torch.nn.functional.cross_entropy(word_model.cls(states[asked]), label[asked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return word_model.eval()


def guessed_share(word_model, tokenizer, texts, seed=0):
    """Share of hidden subwords of some texts that a model guesses rightly. Built in lesson 08.

    Returns
    -------
    float
    """
    draw, right, hidden = torch.Generator().manual_seed(seed), 0, 0
    rows = [row[: tokenizer.model_max_length] for row in encode_texts(list(texts), tokenizer)]
    for start in range(0, len(rows), 32):
        subword, mask = pad_batch(rows[start : start + 32], tokenizer.pad_token_id)
        masked, label = hide_words(subword, tokenizer, draw)
        masked, mask, label = (part.to(word_model.device) for part in (masked, mask, label))
        asked = label != NOT_HIDDEN
        with torch.inference_mode():
            states = word_model.base_model(input_ids=masked, attention_mask=mask).last_hidden_state
            guess = word_model.cls(states[asked]).argmax(-1)
        right += int((guess == label[asked]).sum())
        hidden += int(asked.sum())
    return right / hidden


# ------------------------------------------------------------- the nine together


def stored_costs():
    """What the habits cost on the real SmSA, from ``data/results/thesis_clinic.json``.

    Returns
    -------
    dict of str to dict
        By habit ``tfidf`` or ``bert`` (or both): ``reported``, ``honest``,
        ``points``, ``low``, ``high``, ``seeds`` and ``rows``.
    """
    return json.loads(RESULTS.read_text(encoding="utf-8"))["habits"]


def read_costs(lesson):
    """What was measured with this preset so far; a file that cannot be read counts as none, with a note."""
    path = lesson.output_dir / "thesis_clinic.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError):
        print(message("clinic.damaged", path=path.name))
    return {}


def shown(points, low, high):
    """Points with their interval in few words.

    Examples
    --------
    >>> numbers = shown(10.666, 7.8, 13.55)  # the word between them is the language's
    >>> numbers[:11], numbers[-6:]
    ('+10.7 (+7.8', '+13.6)')
    """
    return message("clinic.points", points=points, low=low, high=high)


def note_cost(lesson, habit, reported, honest, found):
    """Keep what a habit cost here, and print it beside the stored figures of the real SmSA.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    habit : str
        One of `HABITS`.
    reported, honest : sequence of float
        Scores between 0 and 1, one a seed.
    found : tuple of float
        Points, low and high: from `cost` or `best_cost`.
    """
    if habit not in HABITS:
        raise ValueError(message("clinic.unknown", found=habit, allowed=", ".join(HABITS)))
    means = {"reported": statistics.mean(reported), "honest": statistics.mean(honest)}
    costs = read_costs(lesson) | {habit: {**means, **dict(zip(("points", "low", "high"), map(float, found)))}}
    write_atomically(lesson.output_dir / "thesis_clinic.json", json.dumps(costs, indent=1, sort_keys=True).encode())
    print(message("clinic.here", cost=shown(*found), **means))
    show_stored(habit)


def show_stored(habit):
    """Print what a habit costs on the real SmSA, a line a kind of model."""
    for kind, entry in stored_costs().get(habit, {}).items():
        found = shown(*(entry[name] for name in ("points", "low", "high")))
        values = {name: entry[name] for name in ("rows", "seeds", "reported", "honest")}
        by = "network" if entry.get("model") else kind  # a habit about seeds needs a model that has some
        print(message(f"clinic.stored_{by}", cost=found, **values))


def cost_numbers(lesson):
    """The nine habits as numbers, for a figure.

    Returns
    -------
    pandas.DataFrame
        A row a habit; ``mean``, ``low`` and ``high`` in points, of this
        preset's data and, with ``smsa_`` before them, of the real SmSA (by
        TF-IDF where it was measured, else by BERT); NaN where there is none.
    """
    here, there = read_costs(lesson), stored_costs()
    rows = {}
    for habit in HABITS:
        kinds = there.get(habit, {})
        row = {}
        for prefix, entry in (("", here.get(habit)), ("smsa_", kinds.get("tfidf") or kinds.get("bert"))):
            if entry:
                row |= {f"{prefix}mean": entry["points"], f"{prefix}low": entry["low"], f"{prefix}high": entry["high"]}
        rows[message(f"clinic.{habit}")] = row
    columns = [f"{prefix}{name}" for prefix in ("", "smsa_") for name in ("mean", "low", "high")]
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=columns, dtype=float)


def cost_table(lesson):
    """The nine habits in words: points that each adds here, and on the real SmSA by TF-IDF and by BERT.

    Returns
    -------
    pandas.DataFrame
        Text; what was not run here says so, what was not measured is a dash.
    """
    here, there = read_costs(lesson), stored_costs()
    rows = {}
    for habit in HABITS:
        cells = [here.get(habit), *(there.get(habit, {}).get(kind) for kind in ("tfidf", "bert"))]
        words = [shown(cell["points"], cell["low"], cell["high"]) if cell else "-" for cell in cells]
        if cells[0] is None and habit != "read_test":  # which the lesson shows, but does not score
            words[0] = message("clinic.not_run")
        rows[message(f"clinic.{habit}")] = words
    columns = [message(f"scoreboard.data_{lesson.recipe.data}"), message("clinic.column_tfidf"), message("clinic.column_bert")]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def read_checklist():
    """The checklist of the thesis clinic, in every language: ``title``, ``intro``, ``items`` and ``foot``."""
    return tomllib.loads(CHECKLIST.read_text(encoding="utf-8"))


def checklist_text():
    """The checklist as lines of text, in the language of the lesson."""
    checklist = read_checklist()
    lines = [translated(checklist["title"]), ""]
    for place, item in enumerate(checklist["items"], start=1):
        lines += textwrap.wrap(f"[ ] {place}. {translated(item['ask'])}", LINE, subsequent_indent=" " * 7)
    return "\n".join(lines)


# -------------------------------------------------------- a paragraph of results


def describe_run(lesson, guesses, seeds=1):
    """What a results paragraph has to say of a run, measured. Built in lesson 08.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
        Its files are the data.
    guesses : sequence of int or str
        The model's label of each test row.
    seeds : int
        How many trainings stand behind them.

    Returns
    -------
    dict
        Rows of each split, share of the largest class, test rows with a near
        copy among the training rows, macro-F1 with its interval, the
        baseline's, the difference with its interval, and the class that loses
        the largest share of its rows to another one (`worst_confusion`).

    Raises
    ------
    DataError
        There is not one guess a test row.
    """
    train, valid, test = (load_dataset(path) for path in (lesson.train_path, lesson.valid_path, lesson.test_path))
    labels = [INDEX2LABEL[index] for index in test["label"]]
    guesses, labels = paired([guess if isinstance(guess, str) else INDEX2LABEL[int(guess)] for guess in guesses], labels)
    baseline = [INDEX2LABEL[int(index)] for index in tfidf_baseline().fit(train["text"], train["label"]).predict(test["text"])]
    most = INDEX2LABEL[int(train["label"].mode()[0])]
    score, low, high = document_sentiment_metrics_fn(guesses, labels)["F1"], *bootstrap_interval(guesses, labels)
    points, points_low, points_high = difference_interval(guesses, baseline, labels)
    true, taken_for, mistaken, rows = worst_confusion(confusion_table(guesses, labels, list(INDEX2LABEL.values())))
    return {
        "data": lesson.recipe.data, "train": len(train), "valid": len(valid), "test": len(test), "seeds": seeds,
        "largest": float((test["label"].map(INDEX2LABEL) == most).mean()), "copies": int(near_copies(test["text"], train["text"]).sum()),
        "f1": score, "low": low, "high": high,
        "majority": document_sentiment_metrics_fn([most] * len(labels), labels)["F1"],
        "baseline": document_sentiment_metrics_fn(baseline, labels)["F1"],
        "points": points, "points_low": points_low, "points_high": points_high,
        "true": true, "taken_for": taken_for, "mistaken": mistaken, "rows": rows,
    }  # fmt: skip


def results_paragraph(run):
    """A paragraph for a thesis: data, splits, seeds, interval, baseline, worst mistake, limits. Built in lesson 08.

    Parameters
    ----------
    run : dict
        From `describe_run`.

    Returns
    -------
    str
        In the language of the lesson. Whether the model is above its
        baseline is claimed only if the interval of the difference says so.
    """
    if run["points_low"] > 0:
        verdict = "above"
    else:
        verdict = "below" if run["points_high"] < 0 else "open"
    sentences = [
        message(f"clinic.data_{run['data']}", **run, share=100 * run["largest"]),
        message("clinic.score", **run),
        message("clinic.baseline", **run),
        message(f"clinic.verdict_{verdict}"),
        message("clinic.one_seed" if run["seeds"] == 1 else "clinic.many_seeds", seeds=run["seeds"]),
        message("clinic.copies", **run),
        message("clinic.worst" if run["mistaken"] else "clinic.no_mistake", **run),
        message("clinic.limits"),
    ]
    return " ".join(sentences)
