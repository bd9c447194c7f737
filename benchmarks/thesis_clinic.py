"""Measure what nine habits cost on the real SmSA; writes data/results/thesis_clinic.json.

    python -m benchmarks.thesis_clinic --smsa FOLDER
    python -m benchmarks.thesis_clinic --smsa FOLDER --only preparation read_test
    python -m benchmarks.thesis_clinic --prepare

FOLDER holds SmSA's three files with labels. Subsets are used, so that all of it
takes less than 15 minutes of one core: TF-IDF and the small networks see the
first `TFIDF_ROWS` training rows, BERT the first `BERT_ROWS`; where BERT is not
trained at all (1, 2, 7) the file has no row for it. Each habit is written
down as soon as it is measured; ``--only`` measures some again and keeps the
rest. ``preparation`` needs Sastrawi (``pip install Sastrawi``), and so does
``--prepare``, which writes the sample's prepared texts to data/clinic/.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics

import pandas as pd
import sklearn
import torch

from helpers import clinic
from helpers.batching import DocumentSentimentDataLoader
from helpers.clinic import HALVINGS, SEEDS, best_cost, cost
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import attention_for_training
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, file_sha256, write_atomically
from helpers.first_models import fit_network, network_labels, number_words
from helpers.lesson import PRESETS
from helpers.model import forward_sequence_classification, load_model, load_tokenizer, load_word_model
from helpers.training import evaluate, make_optimizer, make_schedule, train_batch

BERT_ROWS, BERT_EPOCHS, BERT_VALID = 400, 3, 300  # first rows of the split; the test split is always whole
READ_PASSES = 5
TFIDF_ROWS = 3000  # the first rows of the training split, for TF-IDF and the small networks
TEN = range(10)
SAMPLE = ROOT / "data" / "smsa_sample"


def entry(reported, honest, found, rows):
    """One habit by one kind of model, as it is stored."""
    means = {"reported": round(statistics.mean(reported), 4), "honest": round(statistics.mean(honest), 4)}
    runs = {"reported_runs": [round(score, 4) for score in reported], "honest_runs": [round(score, 4) for score in honest]}
    points = {name: round(value, 2) for name, value in zip(("points", "low", "high"), found)}
    return {**means, **points, "seeds": len(reported), "rows": rows, **runs}


def over_seeds(habit, honest, table):
    """A habit and its honest version over five splits of a table, by TF-IDF."""
    scores = [[function(table, seed) for seed in SEEDS] for function in (habit, honest)]
    return {"tfidf": entry(*scores, cost(*scores), len(table))}


def pairs_over_seeds(function, table):
    """The same, where one function gives both scores."""
    reported, honest = zip(*((function(table, seed)[:2]) for seed in SEEDS))
    return {"tfidf": entry(reported, honest, cost(reported, honest), len(table))}


# ------------------------------------------------------------------ by TF-IDF


def chosen_on_test(tables):
    """24 settings of TF-IDF, chosen by one half of valid and test together."""
    pool = pd.concat([tables["valid"], tables["test"]])
    guesses = clinic.try_settings(tables["train"], pool["text"])
    labels = pool["label"].tolist()
    scores = [[clinic.score_of_choice(guesses, labels, seed, by_test) for seed in HALVINGS] for by_test in (True, False)]
    return {"tfidf": entry(*scores, cost(*scores, overlap=0), TFIDF_ROWS)}


def best_seed(tables):
    """The small network of lesson 00 with ten seeds, on the test split."""
    train_rows, valid_rows = ((table["text"], table["label"]) for table in (tables["train"], tables["valid"][:200]))
    number_of = number_words(train_rows[0])
    scores = []
    for seed in TEN:
        network = fit_network(train_rows, valid_rows, number_of, epochs=30, seed=seed)[0]
        guesses = network_labels(network, tables["test"]["text"], number_of)
        scores.append(document_sentiment_metrics_fn(guesses, tables["test"]["label"].tolist())["F1"])
    return {"tfidf": {**entry(scores, scores, best_cost(scores), TFIDF_ROWS), "reported": round(max(scores), 4),
                      "model": "small network"}}  # fmt: skip


def other_data(tables):
    """The same TF-IDF model on the validation split and on the test split."""
    parts = [clinic.split_rows(tables["train"], seed)[0] for seed in SEEDS]
    scores = [[clinic.tfidf_f1(part, tables[split]) for part in parts] for split in ("valid", "test")]
    return {"tfidf": entry(*scores, cost(*scores, overlap=0), len(parts[0]))}


def prepared_by_tfidf(table, prepared):
    """TF-IDF on prepared texts beside the texts as they are, over the same five splits."""
    table = table.assign(prepared=prepared)

    def on(column):
        return [clinic.tfidf_f1(*(part.assign(text=part[column]) for part in clinic.split_rows(table, seed))) for seed in SEEDS]

    scores = on("prepared"), on("text")
    return entry(*scores, cost(*scores), len(table))


# -------------------------------------------------------------------- by BERT


def fine_tune(tables, seed, body=None):
    """The mini model trained on a table: macro-F1 on valid, and macro-F1 and accuracy on test, after each epoch.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
    seed : int
    body : dict of str to torch.Tensor, optional
        Weights to begin with, in place of the pre-trained ones.

    Returns
    -------
    list of dict
        ``valid``, ``test`` and ``accuracy``, one dict an epoch.
    """
    recipe, tokenizer = PRESETS["mini"], load_tokenizer(MINI)
    rows = {split: DocumentSentimentDataset(table, tokenizer) for split, table in tables.items()}
    valid_loader, test_loader = (DocumentSentimentDataLoader(rows[split], recipe.max_seq_len) for split in ("valid", "test"))
    torch.manual_seed(seed)
    train_loader = DocumentSentimentDataLoader(rows["train"], recipe.max_seq_len, recipe.batch_size, shuffle=True)
    model = load_model(MINI, seed=seed, attn_implementation=attention_for_training(torch.device("cpu")))
    if body is not None:
        model.base_model.load_state_dict(body, strict=False)  # a pooler is not among what a word model holds
    optimizer = make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate)
    schedule = make_schedule(optimizer, len(train_loader), BERT_EPOCHS, gamma=recipe.gamma)
    found = []
    for _ in range(BERT_EPOCHS):
        model.train()
        for batch in train_loader:
            train_batch(model, batch, optimizer, forward_sequence_classification)
            schedule.step()
        scores = [evaluate(model, loader, forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL).metrics
                  for loader in (valid_loader, test_loader)]  # fmt: skip
        found.append({"valid": scores[0]["F1"], "test": scores[1]["F1"], "accuracy": scores[1]["ACC"]})
    print("seed", seed, *(f"{epoch['valid']:.3f} {epoch['test']:.3f}" for epoch in found), flush=True)
    return found


def at_best(epochs, split="valid", wanted="test"):
    """A score of the epoch that is best by a split."""
    return max(epochs, key=lambda epoch: epoch[split])[wanted]


def small(tables):
    """The subset that BERT is trained and chosen on, with the whole test split."""
    return {"train": tables["train"][:BERT_ROWS], "valid": tables["valid"][:BERT_VALID], "test": tables["test"]}


def plain_runs(tables):
    """BERT on the texts as they are, once for each seed; kept in memory for the habits that look at the same runs."""
    if not PLAIN_RUNS:
        PLAIN_RUNS.extend(fine_tune(small(tables), seed) for seed in SEEDS)
    return PLAIN_RUNS


def by_bert(reported, honest, found=None):
    """An entry of a habit by BERT."""
    return {"bert": entry(reported, honest, found or cost(reported, honest, overlap=0), BERT_ROWS)}


def habits_of_plain_runs(habit, tables):
    """The habits that only look differently at the same five runs."""
    runs = plain_runs(tables)
    honest = [at_best(run) for run in runs]
    if habit == "chosen_on_test":
        return by_bert([at_best(run, "test") for run in runs], honest)
    if habit == "accuracy":
        return by_bert([at_best(run, wanted="accuracy") for run in runs], honest)
    if habit == "other_data":
        return by_bert([at_best(run, wanted="valid") for run in runs], honest)
    found = by_bert(honest, honest, best_cost(honest))  # best_seed
    found["bert"]["reported"] = round(max(honest), 4)
    return found


def read_test(tables):
    """Pre-training goes on with the test texts, or with as many texts of the validation split that nothing else uses."""
    others = tables["valid"]["text"][BERT_VALID : BERT_VALID + len(tables["test"])]
    scores = []
    for texts in (tables["test"]["text"], others):
        tokenizer, model = load_tokenizer(MINI), load_word_model(MINI)
        body = clinic.read_on(model, tokenizer, texts, READ_PASSES).base_model.state_dict()
        scores.append([at_best(fine_tune(small(tables), seed, body)) for seed in SEEDS])
    return by_bert(*scores)


# ------------------------------------------------------- stop words and stemming


class SetOfWords:
    """Sastrawi's dictionary as a set: its own is a list, in which every look-up reads 28,000 words."""

    def __init__(self, words):
        self.words = frozenset(words)

    def contains(self, word):
        """Whether a word is in the dictionary."""
        return word in self.words


def sastrawi():
    """What removes stop words and then stems, as theses do it."""
    from Sastrawi.Stemmer.Cache.ArrayCache import ArrayCache
    from Sastrawi.Stemmer.CachedStemmer import CachedStemmer
    from Sastrawi.Stemmer.Stemmer import Stemmer
    from Sastrawi.Stemmer.StemmerFactory import StemmerFactory
    from Sastrawi.StopWordRemover.StopWordRemoverFactory import StopWordRemoverFactory

    stemmer = CachedStemmer(ArrayCache(), Stemmer(SetOfWords(StemmerFactory().get_words())))
    remover = StopWordRemoverFactory().create_stop_word_remover()

    def prepare(text):
        return stemmer.stem(remover.remove(text)) or text  # a text of stop words alone stays as it is

    return prepare


def preparation(tables):
    """Stop words removed and the rest stemmed, before TF-IDF (all rows) and before BERT (the subset)."""
    prepare = sastrawi()
    table = tables["train"]
    prepared = [prepare(text) for text in table["text"]]
    found = {"tfidf": prepared_by_tfidf(table, prepared)}
    subset = {split: part.assign(text=[prepare(text) for text in part["text"]]) for split, part in small(tables).items()}
    return found | by_bert([at_best(fine_tune(subset, seed)) for seed in SEEDS], HONEST or [at_best(run) for run in plain_runs(tables)])


def write_prepared():
    """Write the sample's prepared texts, which the lesson reads in place of Sastrawi."""
    prepare, parts = sastrawi(), []
    for split in ("train", "valid", "test"):
        texts = load_dataset(SAMPLE / f"{split}.tsv")["text"]
        parts += [f"{split}\t{prepare(text)}" for text in texts]
    write_atomically(clinic.PREPARED, ("\n".join(["split\tprepared", *parts]) + "\n").encode())


# --------------------------------------------------------------------------- all

PLAIN_RUNS = []
HONEST = []  # test scores of the plain runs, where an earlier call wrote them down for the same weights
MEASURES = {
    "oversampling": lambda tables: over_seeds(clinic.oversampled_then_split, clinic.split_then_oversampled, tables["train"]),
    "duplicates": lambda tables: over_seeds(clinic.split_with_copies, clinic.split_by_source, tables["train"]),
    "chosen_on_test": lambda tables: chosen_on_test(tables) | habits_of_plain_runs("chosen_on_test", tables),
    "accuracy": lambda tables: pairs_over_seeds(clinic.scores_on_skewed, tables["train"]) | habits_of_plain_runs("accuracy", tables),
    "best_seed": lambda tables: best_seed(tables) | habits_of_plain_runs("best_seed", tables),
    "lexicon": lambda tables: pairs_over_seeds(clinic.lexicon_scores, tables["train"]),
    "other_data": lambda tables: other_data(tables) | habits_of_plain_runs("other_data", tables),
    "preparation": preparation,
    "read_test": read_test,
}
UNIT = (
    "macro-F1 (habit 5: accuracy as reported) between 0 and 1; points, low, high: reported minus honest times 100 with the 95 % interval over "
    "seeds; rows: training rows that a split is drawn from, or that BERT is trained on"
)


def own_copies(tables):
    """How many rows of valid and test have a (near) copy among SmSA's own training rows."""
    return {split: int(clinic.near_copies(tables[split]["text"], tables["train"]["text"]).sum()) for split in ("valid", "test")}


def measure(folder, out, habits):
    """Measure some habits one after the other, and write the file after each."""
    tables = {split: load_dataset(pathlib.Path(folder, f"{split}_preprocess.tsv")) for split in ("train", "valid", "test")}
    copies = own_copies(tables)
    tables["train"] = tables["train"][:TFIDF_ROWS]
    results = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {"habits": {}}
    weights = file_sha256(MINI / "model.safetensors")
    if results.get("made_by", {}).get("weights") == weights and "other_data" not in habits:
        HONEST.extend(results["habits"].get("other_data", {}).get("bert", {}).get("honest_runs", []))
    results |= {
        "made_by": {
            "weights": weights,
            "command": "python -m benchmarks.thesis_clinic",
            "versions": f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn {sklearn.__version__}, Sastrawi 1.0.1",
            "bert": f"mini IndoBERT, first {BERT_ROWS} training and {BERT_VALID} validation rows, {BERT_EPOCHS} epochs, whole test split",
        },
        "unit": UNIT,
        "own_copies": copies,
    }
    for habit in habits:
        found = MEASURES[habit](tables)
        results["habits"][habit] = found
        results["habits"] = {name: results["habits"][name] for name in clinic.HABITS if name in results["habits"]}
        write_atomically(out, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())
        for kind, row in found.items():
            print(f"{habit} {kind}: {row['reported']} {row['honest']} {row['points']} ({row['low']} to {row['high']})", flush=True)


def main():
    """Measure the habits that were asked for, or prepare the sample's texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=clinic.RESULTS, type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--prepare", action="store_true", help="write data/clinic/prepared.tsv; measures nothing")
    arguments = parser.parse_args()
    if arguments.prepare:
        write_prepared()
        return
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    measure(arguments.smsa, arguments.out, arguments.only)


if __name__ == "__main__":
    main()
