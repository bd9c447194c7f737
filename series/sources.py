"""Build texts to pre-train on from checkouts of the public sources in data/results/sources.tsv.

    python -m series.sources CHECKOUTS OUT --without SMSA/valid_preprocess.tsv SMSA/test_preprocess.tsv --also INDONLU_TEXTS

CHECKOUTS holds a clone of each source, named as the repository, at the commit
in the table. OUT gets one text file for each name in the table's first
column, one passage a line. Every string of the named files that survives the
cleaning is taken, so that labels and ratings, which are shorter than four
words, are left out. What equals, holds or stands inside a row of the files
behind ``--without``, or shares half of its runs of six words with them, is
left out too; so are near duplicates of each other and of ``--also``.
"""

import argparse
import collections
import csv
import io
import itertools
import json
import pathlib
import re
import zlib

from helpers.corpus import cut_text
from helpers.data import read_text
from helpers.files import ROOT, write_atomically

SOURCES = ROOT / "data" / "results" / "sources.tsv"
FEWEST_WORDS, MOST_WORDS = 4, 200
SHARE_OF_COMMON_WORDS = 0.3
SIGNATURE = 8  # least hashes of runs of four words

# The hundred or so words that make out about a third of Indonesian text, formal and informal.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    yang dan di ke dari untuk dengan pada adalah ini itu tidak saya anda kami kita dia mereka akan sudah belum bisa dapat harus
    ada juga karena atau oleh sebagai dalam bahwa seperti lebih sangat sekali banget aja saja lagi masih jadi menjadi telah tapi
    tetapi namun kalau jika agar supaya hanya paling semua setelah sebelum antara hingga sampai tahun hari orang satu dua tiga apa
    siapa kenapa mengapa gimana bagaimana kapan mana sini sana nya gak ga nggak tak kurang bukan jangan aku kamu gue gw lu lo yg
    dgn utk tdk sdh udah dah jg sm dr krn bgt sama punya mau ingin coba tolong mohon terima kasih min kak bang ya kok sih dong deh
    nih tuh banyak baru baik besar kecil bagus
    """,
    )
)
# Words that Indonesian texts hardly hold, and English, Javanese or Malay ones often.
FOREIGN = frozenset(re.findall(r"\w+", "the and is are was this that with you not iki kuwi ora wis sing karo opo kowe korang depa"))

REPLACED = [
    (re.compile(r"<[^>]+>|&[a-z]+;"), " "),
    (re.compile(r"https?://\S+|www\.\S+|\b\S+\.(?:com|co\.id|net|org)\b\S*"), " "),
    (re.compile(r"\S+@\S+\.\S+"), " "),
    (re.compile(r"(?<!\w)@\w+"), "@user"),
    (re.compile(r"(?:\+62|\b0)8[\d\s-]{7,}"), " "),
    (re.compile(r"\d[\d.\s-]{6,}\d"), lambda found: found.group() if sum(map(str.isdigit, found.group())) < 8 else " "),
]


def clean_line(line):
    """A passage without what identifies people or is no language, or None.

    Examples
    --------
    >>> clean_line("Halo @budi99, pesanan <b>saya</b> belum datang, cek https://t.co/x ya")
    'Halo @user, pesanan saya belum datang, cek ya'
    >>> clean_line("mantap bosku"), clean_line("This is the best app for you")
    (None, None)
    """
    for pattern, replacement in REPLACED:
        line = pattern.sub(replacement, line)
    line = " ".join(line.split())
    words = re.findall(r"[a-z]+", line.lower())
    if len(line.split()) < FEWEST_WORDS or not words:
        return None
    common, foreign = (sum(word in known for word in words) for known in (COMMON, FOREIGN))
    return line if common >= SHARE_OF_COMMON_WORDS * len(words) and foreign <= common / 2 else None


def strings(value):
    """Every string inside lists and dictionaries.

    Examples
    --------
    >>> list(strings({"text": "a b", "spans": [{"id": 3, "note": "c"}]}))
    ['a b', 'c']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def read_strings(path):
    """The strings of a source's file: lines, fields, values, or sentences, by its kind.

    Parameters
    ----------
    path : pathlib.Path
        ``.json``, ``.jsonl``, ``.csv``, ``.tsv``, ``.conllu``; anything else is lines.

    Yields
    ------
    str

    Raises
    ------
    helpers.data.DataError
        Not UTF-8, or empty.
    """
    text = read_text(path)
    if path.suffix == ".json":
        yield from strings(json.loads(text))
    elif path.suffix == ".jsonl":
        yield from (string for line in text.splitlines() if line.strip() for string in strings(json.loads(line)))
    elif path.suffix == ".csv":
        yield from itertools.chain.from_iterable(csv.reader(io.StringIO(text, newline="")))
    elif path.suffix == ".conllu":
        yield from (line.removeprefix("# text = ") for line in text.splitlines() if line.startswith("# text = "))
    else:
        yield from (field for line in text.splitlines() for field in line.split("\t"))


def runs(text, length):
    """All runs of so many words, lower case, as a set; a shorter text is one run."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[start : start + length]) for start in range(max(1, len(words) - length + 1))}


def signature(text):
    """The least hashes of a text's runs of four words: texts with many of them in common are near duplicates."""
    return sorted(zlib.crc32(run.encode()) for run in runs(text, 4))[:SIGNATURE]


class Seen:
    """What has been taken already."""

    def __init__(self):
        self.texts = {}  # numbers of the texts that have a hash in their signature
        self.count = 0

    def is_new(self, text):
        """Whether no text before shares 60 % of the signature; the text is remembered then."""
        found = signature(text)
        common = collections.Counter(number for value in found for number in self.texts.get(value, ()))
        if common and max(common.values()) >= 0.6 * len(found):
            return False
        for value in found:
            self.texts.setdefault(value, []).append(self.count)
        self.count += 1
        return True


class Guard:
    """Rows that must not be learnt from."""

    def __init__(self, rows):
        rows = {" ".join(re.findall(r"\w+", row.lower())) for row in rows} - {""}
        self.rows = rows
        self.everything = "\n".join(f" {row} " for row in sorted(rows))
        self.runs = set().union(*(runs(row, 6) for row in rows if len(row.split()) >= 3))
        self.by_start = {}
        for row in rows:
            if len(row.split()) >= 3:
                self.by_start.setdefault(" ".join(row.split()[:3]), []).append(row)

    def forbids(self, text):
        """Whether a text equals a row, holds one of three words or more, stands inside one, or shares half of its runs of six words."""
        words = " ".join(re.findall(r"\w+", text.lower()))
        held = [row for run in runs(words, 3) for row in self.by_start.get(run, ()) if f" {row} " in f" {words} "]
        own = runs(words, 6)
        return bool(held) or words in self.rows or f" {words} " in self.everything or 2 * len(own & self.runs) >= len(own)


def read_sources():
    """The table of sources: a list of dictionaries."""
    return list(csv.DictReader(io.StringIO(read_text(SOURCES)), delimiter="\t", quoting=csv.QUOTE_NONE))


def build(checkouts, guard, seen):
    """The cleaned passages of all sources.

    Parameters
    ----------
    checkouts : pathlib.Path
    guard : Guard
    seen : Seen

    Returns
    -------
    dict of str to list of str
        By name of the file to write.

    Raises
    ------
    FileNotFoundError
        A source's files are not there; the text names the repository and commit.
    """
    passages = {}
    for source in read_sources():
        folder = checkouts / source["repository"].split("/")[1]
        paths = sorted({path for pattern in source["files"].split() for path in folder.glob(pattern) if path.is_file()})
        if not paths:
            raise FileNotFoundError(f"{folder}: no {source['files']}; clone {source['repository']} at {source['commit']}")
        lines = itertools.chain.from_iterable(map(read_strings, paths))
        parts = itertools.chain.from_iterable(cut_text(line, MOST_WORDS) for line in filter(None, map(clean_line, lines)))
        taken = passages.setdefault(source["file"], [])
        taken += [part for part in parts if not guard.forbids(part) and seen.is_new(part)]
    return passages


def main(argv=None):
    """Read the checkouts, write the files, and say how many passages each holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument(
        "--without", nargs="+", required=True, type=pathlib.Path, help="files whose rows are kept out, one text a line, TAB, label"
    )
    parser.add_argument("--also", nargs="*", default=[], type=pathlib.Path, help="text files of which no near duplicate is taken")
    options = parser.parse_args(argv)
    guard = Guard(line.split("\t")[0] for path in options.without for line in read_text(path).splitlines())
    seen = Seen()
    for path in options.also:
        for line in read_text(path).splitlines():
            seen.is_new(line)
    for name, lines in build(options.checkouts, guard, seen).items():
        write_atomically(options.out / f"{name}.txt", ("\n".join(lines) + "\n").encode("utf-8"))
        print(f"{name}.txt: {len(lines)} passages")


if __name__ == "__main__":
    main()
