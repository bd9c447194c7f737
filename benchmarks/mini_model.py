"""Measure the mini IndoBERT on the real SmSA, on the sample and on sentences of our own; writes data/results/mini.json.

    python -m benchmarks.mini_model --smsa FOLDER
    python -m benchmarks.mini_model --smsa FOLDER --first-edition FOLDER
    python -m benchmarks.mini_model --card

The first FOLDER holds SmSA's train_, valid_ and test_preprocess.tsv, the
second the weights of the first edition, to stand beside (they are in this
repository's history: ``git show 0583642:data/indobert_mini/model.safetensors``). What stands in
mini.json already is not measured again; delete the file to start over. The
last form copies the figures into the model card and into
data/results/README.md, and renews the model's SHA256SUMS; the others end with
it.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import statistics
import time
from typing import NamedTuple

import torch
import transformers
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import attention_for_training, autocast_dtype, processor
from helpers.evaluation import calibration_error, document_sentiment_metrics_fn, predict
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS
from helpers.model import forward_sequence_classification, load_model, load_tokenizer, predict_masked_word
from helpers.scoreboard import negation_pairs, negation_pairs_right
from helpers.training import evaluate, make_optimizer, train

RESULTS = ROOT / "data" / "results"
SAMPLE = ROOT / "data" / "smsa_sample"
SEEDS = range(5)
FEW_ROWS = 600
# Chosen on valid for the first edition. Random weights have them, too: with 3e-4 they gave every row of the sample the same class.
OLDER_RATES = {"learning_rate": 5e-4, "head_learning_rate": 5e-4}
OLDER_LENGTH = {"laptop": {"batch_size": 32, "n_epochs": 3, "gamma": 0.5}, "mini": {"batch_size": 16, "n_epochs": 6, "gamma": 0.7}}
BEGIN, END = "<!-- figures: benchmarks.mini_model --card -->", "<!-- end of figures -->"


class Weights(NamedTuple):
    """A folder of pre-trained weights; with ``random`` only its shape and its tokenizer count."""

    folder: pathlib.Path | None
    random: bool = False


def recipe_for(name, rows):
    """The preset's recipe; the first edition and random weights have the one that was chosen for the first edition."""
    preset = "laptop" if rows == "all_rows" else "mini"
    return PRESETS[preset] if name == "pretrained" else dataclasses.replace(PRESETS[preset], **OLDER_RATES, **OLDER_LENGTH[preset])


def fine_tune(tables, weights, recipe, seed):
    """One run: its scores on valid and test, in percent, and how long training took.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        ``train``, ``valid`` and, if it is to be read, ``test``.
    weights : Weights
    recipe : helpers.lesson.Preset
    seed : int

    Returns
    -------
    dict
        ``seconds``, ``threads``, macro-F1 by split, with test also ``calibration_error``; ``negation``: percent of the minimal pairs
        of which both members are right.
    """
    tokenizer = load_tokenizer(weights.folder)
    options = {"random_weights": weights.random, "attn_implementation": attention_for_training("cpu")}
    model = load_model(weights.folder, seed=seed, **options)
    sizes = {"max_seq_len": recipe.max_seq_len, "batch_size": recipe.batch_size}
    datasets = {split: DocumentSentimentDataset(rows, tokenizer) for split, rows in tables.items()}
    loaders = {split: DocumentSentimentDataLoader(dataset, **sizes, shuffle=split == "train") for split, dataset in datasets.items()}
    started = time.monotonic()
    train(
        model, loaders["train"], loaders["valid"], make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate), forward_sequence_classification,
        document_sentiment_metrics_fn, "F1", INDEX2LABEL, recipe.n_epochs, gamma=recipe.gamma, seed=seed,
    )  # fmt: skip
    run = {"seconds": round(time.monotonic() - started), "threads": torch.get_num_threads()}
    for split in list(tables)[1:]:
        found = evaluate(model, loaders[split], forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL)
        run[split] = round(100 * found.metrics["F1"], 2)
    if "test" in tables:
        predictions = predict(tables["test"]["text"].tolist(), model, tokenizer)
        labels = [INDEX2LABEL.get(label, label) for label in tables["test"]["label"]]
        run["calibration_error"] = round(100 * calibration_error(predictions, labels), 2)
    run["negation"] = round(100 * negation_share(model, tokenizer), 1)
    return run


def negation_share(model, tokenizer):
    """Share of the minimal pairs in negation.tsv of which both sentences get their label."""
    return negation_pairs_right(lambda texts: predict(texts, model, tokenizer)["label"].tolist()) / len(negation_pairs())


def probe(tables, weights):
    """Macro-F1 on valid, in percent, of logistic regression on the pooled vectors of the frozen model."""
    tokenizer, model = load_tokenizer(weights.folder), load_model(weights.folder, random_weights=weights.random, seed=0)

    @torch.inference_mode()
    def vectors(rows):
        loader = DocumentSentimentDataLoader(DocumentSentimentDataset(rows, tokenizer), max_seq_len=128)
        pooled = [model.bert(input_ids=batch.subword, attention_mask=batch.mask).pooler_output for batch in loader]
        return torch.cat(pooled).numpy(), [INDEX2LABEL.get(label, label) for label in rows["label"]]

    regression = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000))
    regression.fit(*vectors(tables["train"]))
    inputs, labels = vectors(tables["valid"])
    return round(100 * document_sentiment_metrics_fn(regression.predict(inputs).tolist(), labels)["F1"], 2)


def measure_cloze(folder):
    """The five likeliest words for each cloze sentence, and how often a right one is among them."""
    tokenizer = load_tokenizer(folder)
    rows = [line.split("\t") for line in (RESULTS / "cloze.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    sentences = []
    for sentence, right in rows:
        words = predict_masked_word(sentence, tokenizer, folder)["word"].tolist()
        sentences.append({"sentence": sentence, "first_five": words, "hit": not set(words).isdisjoint(right.split())})
    return {"hits": sum(row["hit"] for row in sentences), "of": len(sentences), "sentences": sentences}


def summarise(runs):
    """Mean, lowest, highest and how many of each number over the seeds; of the times, those with the most threads."""
    most = max(run["threads"] for run in runs.values())
    summary = {"threads": most}
    for name in ("valid", "test", "calibration_error", "negation", "seconds"):
        values = [run[name] for run in runs.values() if name in run and (name != "seconds" or run["threads"] == most)]
        if values:
            summary[name] = {"mean": round(statistics.mean(values), 2), "low": min(values), "high": max(values), "seeds": len(values)}
    return summary


def cell(results, weights, name, number):
    """One entry of the table: mean, lowest, highest, and how many seeds."""
    spread = results.get(weights, {}).get(name, {}).get("summary", {})
    if number not in spread:
        return "–"
    found = spread[number]
    if found["seeds"] == 1:
        return f"{found['mean']:.1f} (1 seed)"
    return f"{found['mean']:.1f} ({found['low']:.1f} to {found['high']:.1f}; {found['seeds']} seeds)"


def table(results):
    """The figures as a Markdown table."""
    few = f"first_{FEW_ROWS}_rows"
    rows = [
        ("test macro-F1, trained on all 11,000 rows", "all_rows", "test"),
        ("valid macro-F1, trained on all 11,000 rows", "all_rows", "valid"),
        (f"valid macro-F1, trained on the first {FEW_ROWS} rows", few, "valid"),
        ("test macro-F1 of the sample, trained on the sample", "sample", "test"),
        ("both sentences of a negation pair right, % of 60 pairs, trained on all rows", "all_rows", "negation"),
        ("the same, trained on the sample", "sample", "negation"),
        ("calibration error on test, percentage points, all rows", "all_rows", "calibration_error"),
    ]
    names = {"pretrained": "pre-trained", "first_edition": "first edition", "random": "same shape, random weights"}
    columns = [weights for weights in names if weights in results]
    lines = [f"| | {' | '.join(names[weights] for weights in columns)} |", f"|{'---|' * (1 + len(columns))}"]
    lines += [f"| {text} | {' | '.join(cell(results, weights, *rest) for weights in columns)} |" for text, *rest in rows]
    probes = [results[weights].get("probe") for weights in columns]
    probes = ["–" if found is None else f"{found:.1f}" for found in probes]
    lines.append(f"| valid macro-F1 of the sample, logistic regression on the frozen pooler | {' | '.join(probes)} |")
    clozes = [results.get("cloze") if weights == "pretrained" else results[weights].get("cloze") for weights in columns]
    clozes = ["–" if found is None else f"{found['hits']} of {found['of']}" for found in clozes]
    lines.append(f"| cloze sentences with a right word among the first five | {' | '.join(clozes)} |")
    return "\n".join([*lines, "", time_sentence(results)])


def time_sentence(results):
    """How long a whole fine-tuning takes, and where."""
    summary = results["pretrained"]["all_rows"]["summary"]
    threads = "1 thread" if summary["threads"] == 1 else f"{summary['threads']} threads"
    seconds, made_by = summary["seconds"], results["made_by"]
    machine = f"{threads} of a processor that names itself {made_by['processor']}, multiplying in {made_by['format']}"
    return f"A whole fine-tuning run over all rows took {seconds['low']} to {seconds['high']} seconds with {machine}."


def write_card(results):
    """Put the table into the model card and into the README of the results, and renew the model's checksums."""
    for path in (MINI / "README.md", RESULTS / "README.md"):
        before, rest = path.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        write_atomically(path, f"{before}{BEGIN}\n{table(results)}\n{END}{after}".encode())
    files = sorted(path for path in MINI.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    write_atomically(MINI / "SHA256SUMS", sums.encode())


def read_tables(smsa):
    """The rows of each experiment: SmSA as a whole, its first rows, and the bundled sample."""
    real = {split: load_dataset(pathlib.Path(smsa, f"{split}_preprocess.tsv")) for split in ("train", "valid", "test")}
    for split in ("valid", "test"):  # equal lengths together: less padding, the same predictions
        real[split] = real[split].sort_values("text", key=lambda texts: texts.str.len(), ignore_index=True)
    sample = {split: load_dataset(SAMPLE / f"{split}.tsv") for split in ("train", "valid", "test")}
    return {"all_rows": real, f"first_{FEW_ROWS}_rows": {"train": real["train"][:FEW_ROWS], "valid": real["valid"]}, "sample": sample}


def measure(results, tables, first_edition, path):
    """All that `results` does not hold yet; it is stored after each run."""
    plan = {"pretrained": Weights(MINI), "first_edition": Weights(first_edition), "random": Weights(MINI, random=True)}
    for name, weights in plan.items():
        if weights.folder is None:
            continue
        own = results.setdefault(name, {})
        if "probe" not in own:
            own["probe"] = probe(tables["sample"], weights)
        if not weights.random:
            place = results if name == "pretrained" else own
            place["cloze"] = place.get("cloze") or measure_cloze(weights.folder)
        write(results, path)
        for rows, some in tables.items():
            recipe = recipe_for(name, rows)
            entry = own.setdefault(rows, {"runs": {}})
            entry["recipe"] = dataclasses.asdict(recipe)
            for seed in SEEDS:
                if str(seed) not in entry["runs"]:
                    entry["runs"][str(seed)] = fine_tune(some, weights, recipe, seed)
                    entry["summary"] = summarise(entry["runs"])
                    write(results, path)
                    print(name, rows, seed, entry["runs"][str(seed)], flush=True)


def main():
    """Measure what mini.json does not hold yet, then renew the cards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--first-edition", help="folder of the first edition's weights (default: do not measure it)")
    parser.add_argument("--out", default=RESULTS / "mini.json", type=pathlib.Path)
    parser.add_argument("--card", action="store_true", help="only copy the figures of mini.json into the two README files")
    arguments = parser.parse_args()
    if arguments.card:
        write_card(json.loads(arguments.out.read_text(encoding="utf-8")))
        return
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    results = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    results["made_by"] = {
        "command": "python -m benchmarks.mini_model",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "processor": processor(),
        "format": str(autocast_dtype("cpu")).removeprefix("torch."),
    }
    results["unit"] = "macro-F1, negation pairs and calibration error in percent; seconds for a whole fine-tuning run"
    measure(results, read_tables(arguments.smsa), arguments.first_edition, arguments.out)
    write_card(results)


def write(results, path):
    """Store the results as JSON, whole."""
    write_atomically(path, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
