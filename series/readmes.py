"""The generated parts of the READMEs: lessons, results, speed."""

import functools
import json
import re
import statistics

import nbformat

from helpers.files import ROOT, write_atomically
from series.launchers import launchers
from series.notebooks import NOTEBOOKS, find_lessons

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
README_OF = {"README.md": "en", "README.id.md": "id"}
KAGGLE_BADGE = "https://www.kaggle.com/static/images/open-in-kaggle.svg"
TABLE_HEADS = {"id": ("Pelajaran", "Buka di Colab", "Buka di Kaggle"), "en": ("Lesson", "Open in Colab", "Open in Kaggle")}


def lesson_table(shown_in, notebooks=NOTEBOOKS):
    """The READMEs' table of lessons: title, link, Colab badge, from the notebooks themselves.

    Parameters
    ----------
    shown_in : str
        Language of the README; its own edition of the lessons is listed, or
        the Indonesian one where there is none.
    notebooks : pathlib.Path

    Returns
    -------
    str
        A Markdown table.
    """
    language = shown_in if list((notebooks / shown_in).glob("[0-9][0-9]_*.ipynb")) else "id"
    _, in_colab, in_kaggle = TABLE_HEADS[shown_in]
    lines = ["| {} | {} | {} |".format(*TABLE_HEADS[shown_in]), "|---|---|---|"]
    for path in find_lessons(language, (), notebooks):
        title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        colab, kaggle, _ = (address for _, address in launchers(path, language))
        badges = f"[![{in_colab}]({BADGE})]({colab}) | [![{in_kaggle}]({KAGGLE_BADGE})]({kaggle})"
        lines.append(f"| [{title}](notebooks/{language}/{path.name}) | {badges} |")
    return "\n".join(lines)


RESULT_WORDS = {
    "en": ("mean over seeds (lowest–highest; number of seeds)", "mini IndoBERT, pre-trained", "same shape, random weights",
           "test macro-F1, all 11,000 rows", "validation macro-F1, all 11,000 rows", "validation macro-F1, first 600 rows",
           "masked words: a right one among the first five"),
    "id": ("rata-rata beberapa seed (terendah–tertinggi; banyaknya seed)", "IndoBERT mini, *pre-trained*", "bentuk sama, bobot acak",
           "*macro-F1* uji, semua 11.000 baris", "*macro-F1* validasi, semua 11.000 baris", "*macro-F1* validasi, 600 baris pertama",
           "kata yang ditutup: jawaban benar di lima teratas"),
}  # fmt: skip


def results_table(shown_in):
    """The READMEs' table of the mini model's results on the real SmSA, from ``data/results/mini.json``.

    Parameters
    ----------
    shown_in : str
        Language of the README.

    Returns
    -------
    str
        A Markdown table; what has not been measured is a dash.
    """
    results = json.loads((ROOT / "data" / "results" / "mini.json").read_text(encoding="utf-8"))
    words = RESULT_WORDS[shown_in]

    def score(weights, rows, split):
        entry = results.get(weights, {}).get(rows, {})
        found = entry.get("summary", {}).get(split)
        if found is None:
            return "–"
        text = f"{found['mean']:.1f} ({found['low']:.1f}–{found['high']:.1f}; {found['seeds']})"
        return text.replace(".", ",") if shown_in == "id" else text

    lines = ["| {} | {} | {} |".format(*words[:3]), "|---|---|---|"]
    for name, rows, split in ((words[3], "all_rows", "test"), (words[4], "all_rows", "valid"), (words[5], "first_600_rows", "valid")):
        lines.append(f"| {name} | {score('pretrained', rows, split)} | {score('random', rows, split)} |")
    cloze = results["cloze"]
    lines.append(f"| {words[6]} | {cloze['hits']} / {cloze['of']} | |")
    return "\n".join(lines)


SPEED_WORDS = {
    "en": ("rows a second while training (times the naive loop)", "naive loop", "`Trainer`", "ours", "BERT base's shape", "mini IndoBERT",
           "{rows} rows, {format}", "{processor} ({units}), {threads} threads, attention `{attention}`",
           "The mini model predicts 1,000 reviews in {seconds} s there. In training a row of 11,000 costs {ratio} times a row of 1,000. "
           "Validation macro-F1 after {epochs} epochs over {rows} rows (mean, lowest–highest of {seeds} seeds): naive loop {naive}, ours {ours}.",
           "With dropout on a CPU, attention `eager` takes {saved} % less time than `sdpa` at BERT base's shape, whole run, so ours trains with it."),
    "id": ("baris per detik saat latihan (kali loop sederhana)", "loop sederhana", "`Trainer`", "milik kita", "bentuk BERT base",
           "IndoBERT mini", "{rows} baris, {format}", "{processor} ({units}), {threads} *thread*, attention `{attention}`",
           "Di mesin itu model mini memprediksi 1.000 ulasan dalam {seconds} detik. Saat latihan, satu baris dari 11.000 memakan {ratio} "
           "kali waktu satu baris dari 1.000. *Macro-F1* validasi setelah {epochs} epoch atas {rows} baris (rata-rata, terendah–tertinggi dari "
           "{seeds} seed): loop sederhana {naive}, milik kita {ours}.",
           "Dengan dropout di CPU, satu kali latihan bentuk BERT base dengan attention `eager` {saved} % lebih singkat daripada dengan `sdpa`; "
           "karena itu `eager` yang kita pakai."),
}  # fmt: skip


def speed_table(shown_in):
    """The READMEs' figures on the three ways to fine-tune, from ``benchmarks/results.json``.

    Parameters
    ----------
    shown_in : str
        Language of the README.

    Returns
    -------
    str
        For each processor that ran all parts a Markdown table, and a paragraph on prediction, growth and quality; then a table for each GPU.
    """
    machines = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    needed = {"base", "base_float32", "mini", "growth", "prediction", "quality"}
    tables = [speed_on(machine, shown_in) for machine in machines if needed <= machine.keys()]
    return "\n\n".join(
        tables + [speed_on_gpu(machine, shown_in) for machine in machines if "card" in machine["machine"] and "side_by_side" in machine]
    )


def local_number(value, shown_in, digits=1):
    """A number with so many digits behind the point, which is a comma in Indonesian.

    Examples
    --------
    >>> local_number(1234.56, "en"), local_number(0.5, "id", 2)
    ('1234.6', '0,50')
    """
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if shown_in == "id" else text


def speed_on(results, shown_in):
    """`speed_table`'s part on one processor."""
    title, naive, trainer, ours, base, mini, run, machine, rest, eager = SPEED_WORDS[shown_in]

    number = functools.partial(local_number, shown_in=shown_in)

    def spread(scores):
        mean, low, high = (number(100 * score) for score in (statistics.mean(scores), min(scores), max(scores)))
        return f"{mean} ({low}–{high})"

    lines = [f"| {machine.format(**results['machine'])}: {title} | {naive} | {trainer} | {ours} |", "|---|---|---|---|"]
    for name, part in ((base, "base"), (base, "base_float32"), (mini, "mini")):
        found = results[part]
        cells = [f"{name}, {run.format(**found)}"]
        cells += [
            f"{number(found[way]['rows_per_second'])} ({number(found[way]['times_naive'])} ×)" for way in ("naive", "trainer", "ours")
        ]
        lines.append(f"| {' | '.join(cells)} |")
    quality = results["quality"]
    figures = {"seconds": number(results["prediction"]["seconds"]), "ratio": number(results["growth"]["ratio"], digits=2), "epochs": quality["epochs"],
               "rows": quality["rows"], "seeds": len(quality["ours"]), "naive": spread(quality["naive"]), "ours": spread(quality["ours"])}  # fmt: skip
    sentences = [rest.format(**figures)]
    if "attention" in results:
        sentences.append(eager.format(saved=number(100 * results["attention"]["saved"], digits=0)))
    return "\n".join([*lines, "", " ".join(sentences)])


GPU_WORDS = {
    "en": ("{card}, torch {torch}", "{rows} rows, {format}, {batch} rows a batch",
           "At BERT base's shape, {batch} rows a batch, ours computes at {share} % of the card's peak in matrix products.",
           "An epoch over all 11,000 rows takes {epoch} s there and at most {memory} GB of the card's memory, {rows} rows a batch."),
    "id": ("{card}, torch {torch}", "{rows} baris, {format}, {batch} baris per *batch*",
           "Pada bentuk BERT base dengan {batch} baris per *batch*, milik kita memakai {share} % dari kecepatan puncak perkalian matriks GPU itu.",
           "Satu epoch atas semua 11.000 baris makan waktu {epoch} detik di sana dan paling banyak {memory} GB memori GPU, {rows} baris per *batch*."),
}  # fmt: skip


def speed_on_gpu(results, shown_in):
    """`speed_table`'s part on one GPU: what ``benchmarks/gpu.py`` stored of it, be it a part only."""
    title, naive, trainer, ours, base, mini, *_ = SPEED_WORDS[shown_in]
    card, run, share, epoch = GPU_WORDS[shown_in]
    number = functools.partial(local_number, shown_in=shown_in)
    lines = [f"| {card.format(**results['machine'])}: {title} | {naive} | {trainer} | {ours} |", "|---|---|---|---|"]
    compared = {tuple(name.split("_")): found for name, found in results["side_by_side"].items() if "ours" in found}
    for (name, batch), found in compared.items():
        fastest = max((row for way, row in found.items() if way.startswith("trainer")), key=lambda row: row["rows_per_second"])
        cells = [f"{number(row['rows_per_second'])} ({number(row['times_naive'])} ×)" for row in (found["naive"], fastest, found["ours"])]
        model = base if name == "base" else mini
        lines.append(f"| {model}, {run.format(batch=batch, **found)} | {' | '.join(cells)} |")
    sentences = [share.format(share=number(100 * found["ours"]["share_of_matrix_peak"]), batch=batch)
                 for (name, batch), found in compared.items() if name == "base"]  # fmt: skip
    measured = results.get("full", {}).get(results["machine"]["format"])
    if measured:
        memory = number(measured["peak_memory_mb"] / 1000)
        sentences.append(epoch.format(epoch=number(measured["epoch_seconds"]), memory=memory, rows=measured["batch_size"]))
    return "\n".join([*lines, "", " ".join(sentences)])


def in_between(text, mark, content):
    """Replace what stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)


def filled_readme(name):
    """A README with its generated parts made anew."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = in_between(text, "lessons", lesson_table(README_OF[name]))
    text = in_between(text, "results", results_table(README_OF[name]))
    return in_between(text, "speed", speed_table(README_OF[name]))


def fill_readmes():
    """Write the generated parts of the READMEs."""
    for name in README_OF:
        write_atomically(ROOT / name, filled_readme(name).encode())
