"""Pre-training on toy texts, and the mini IndoBERT as it is stored."""

import hashlib
import itertools
import json
import random
import re

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer

from benchmarks import mini_model
from helpers import corpus, pretraining
from helpers.corpus import Text
from helpers.data import DataError
from helpers.files import MINI

TOY = {"layers": 1, "width": 16, "heads": 2, "vocab_size": 120}


def toy_texts(count=150):
    """Sentences in which the last word follows from the first."""
    pairs = [("nasi", "enak"), ("kopi", "pahit"), ("gula", "manis"), ("cabai", "pedas")]
    draw = random.Random(0)
    texts = [f"{food} nomor {draw.randrange(1000)} itu {taste} sekali ." for food, taste in draw.choices(pairs, k=count)]
    return [Text(text) for text in dict.fromkeys(texts)]


def toy_lines():
    return [text.text for text in toy_texts()]


def write_indonlu(folder):
    """A folder laid out as IndoNLU's `dataset`, with a few rows of our own in each file."""
    files = {
        "smsa_doc-sentiment-prosa/train_preprocess.tsv": 'kuah "nya" gurih sekali\tpositive\nantre nya lama sekali\tnegative\n',
        "smsa_doc-sentiment-prosa/valid_preprocess.tsv": "rahasia valid smsa\tneutral\n",
        "smsa_doc-sentiment-prosa/test_preprocess.tsv": "rahasia test smsa\tneutral\n",
        "smsa_doc-sentiment-prosa/vocab_uncased.txt": "rahasia vocab\n",
        "emot_emotion-twitter/train_preprocess.csv": 'label,tweet\nhappy,"Senang, [USERNAME] akhirnya libur"\n',
        "casa_absa-prosa/valid_preprocess.csv": "sentence,fuel,machine\nmobil nya irit bensin,positive,neutral\n",
        "hoasa_absa-airy/train_preprocess.csv": "review,ac,wifi\nkamar nya bersih tapi berisik,neut,neut\n",
        "wrete_entailment-ui/train_preprocess.csv": "sent_A,sent_B,category,label\nAni pergi ke pasar,Ani ada di pasar,x,Entail\n",
        "facqa_qa-factoid-itb/train_preprocess.csv": "question,passage,seq_label\n\"['Siapa', 'nama', 'ibu', '?']\",\"['Nama', 'ibu', 'itu', 'Sri']\",\"['O', 'O', 'O', 'B']\"\n",
        "posp_pos-prosa/train_preprocess.txt": "Kereta\tB-NNO\ntiba\tB-VBI\nterlambat\tB-ADJ\n\nPara\tB-ART\nguru\tB-NNO\nrapat\tB-VBI\n",
        "nerp_ner-prosa/valid_preprocess.txt": "Budi\tB-PPL\ndi\tO\nBandung\tB-PLC\n\n",
        "nerp_ner-prosa/test_preprocess.txt": "rahasia\tO\ntest\tO\nnerp\tO\n\n",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return {
        'kuah "nya" gurih sekali', "antre nya lama sekali", "senang, [username] akhirnya libur", "mobil nya irit bensin",
        "kamar nya bersih tapi berisik", "ani pergi ke pasar", "ani ada di pasar", "siapa nama ibu ?", "nama ibu itu sri",
        "kereta tiba terlambat", "para guru rapat", "budi di bandung",
    }  # fmt: skip


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretraining")
    record = pretraining.pretrain(toy_texts(), folder / "model", 40, **TOY)
    return folder, record


def test_the_dataset_folder_gives_every_text_and_no_label_and_nothing_held_back(tmp_path):
    expected = write_indonlu(tmp_path)
    filler = [f"kalimat nomor {number} tentang cuaca" for number in range(100)]
    (tmp_path / "emot_emotion-twitter/valid_preprocess.csv").write_text(
        "label,tweet\n" + "".join(f"happy,{text}\n" for text in filler + filler)
    )
    texts = [text.text for text in corpus.collect_texts({tmp_path: 1.0})]
    assert len(texts) == len(set(texts))
    assert set(texts) == expected | set(filler)


def test_a_folder_and_the_text_file_made_of_it_give_the_same_texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(toy_lines()), encoding="utf-8")
    assert sorted(corpus.collect_texts({path: 1.0})) == sorted(toy_texts())
    assert corpus.collect_texts({path: 1.0}, seed=1) != corpus.collect_texts({path: 1.0}, seed=2)


def test_each_source_has_its_weight_and_a_text_that_comes_twice_the_first(tmp_path):
    lines = toy_lines()
    for name, part in (("a", lines[:80]), ("b", lines[60:])):
        (tmp_path / name).write_text("\n".join(part).upper(), encoding="utf-8")
    found = {text.text: text.weight for text in corpus.collect_texts({tmp_path / "a": 1.3, tmp_path / "b": 0.8})}
    assert found == dict.fromkeys(lines, 0.8) | dict.fromkeys(lines[:80], 1.3)


def test_a_long_text_is_cut_at_sentence_ends_and_loses_no_word():
    sentence = "kamar nya bersih dan wangi sekali ."
    parts = corpus.cut_text(" ".join(60 * [sentence]))
    assert " ".join(parts) == " ".join(60 * [sentence])
    assert len(parts) > 1 and all(len(part.split()) <= corpus.MOST_WORDS and part.endswith(".") for part in parts)
    endless = corpus.cut_text(" ".join(200 * ["kata"]))
    assert [len(part.split()) for part in endless] == [90, 90, 20]


def test_too_few_texts_are_refused_with_their_number(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("satu kalimat saja\n" * 3, encoding="utf-8")
    with pytest.raises(DataError, match="1"):
        corpus.collect_texts({path: 1.0})


def test_the_vocabulary_is_the_same_in_the_same_order_each_time():
    texts = toy_lines()
    vocabularies = [corpus.train_tokenizer(texts, 120).get_vocab() for _ in range(3)]
    assert vocabularies[0] == vocabularies[1] == vocabularies[2]
    assert [vocabularies[0][token] for token in corpus.SPECIAL_TOKENS] == [0, 1, 2, 3, 4]


def test_long_texts_are_cut_into_pieces_that_lose_nothing():
    tokenizer = corpus.train_tokenizer(toy_lines(), 120)
    texts = [toy_lines()[0], " ".join(toy_lines()[:40])]
    first, *pieces = corpus.encode_pieces(tokenizer, texts)
    assert len(pieces) > 1
    assert max(len(piece.subword) for piece in pieces) <= corpus.MAX_LENGTH
    inner = [index for piece in pieces for index in piece.subword[1:-1].tolist()]
    assert inner == tokenizer.encode(texts[1], add_special_tokens=False).ids
    assert [first.text, *{piece.text for piece in pieces}] == [0, 1]
    # Words are counted through all texts, and a continuation stays with its word.
    numbers = first.word.tolist() + [number for piece in pieces for number in piece.word.tolist()]
    assert sorted(set(numbers)) == list(range(sum(len(corpus.split_words(text)) for text in texts)))
    names = [tokenizer.id_to_token(index) for index in first.subword[1:-1].tolist() + inner]
    assert [before == after for before, after in zip(numbers, numbers[1:])] == [name.startswith("##") for name in names[1:]]


def test_batches_hold_equal_lengths_and_pieces_come_as_often_as_their_weight_says():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(3, 20, (6000,), generator=draw)
    weights, whole = torch.tensor([0.5, 1.0, 1.5]).repeat(2000), torch.arange(6000) < 4000
    counts = torch.zeros(6000)
    for seed in range(8):
        batches = corpus.epoch_batches(lengths, weights, whole, 256, seed)
        assert all(len(set(lengths[rows].tolist())) == 1 and len(set(whole[rows].tolist())) == 1 for rows in batches)
        assert max(len(rows) * int(lengths[rows[0]]) for rows in batches) <= 256
        counts += torch.bincount(torch.cat(batches), minlength=6000)
    mean = [float(counts[weights == weight].mean() / 8) for weight in (0.5, 1.0, 1.5)]
    assert mean == pytest.approx([0.5, 1.0, 1.5], rel=0.03)


def test_the_stream_of_batches_can_be_entered_anywhere():
    lengths, weights, whole = torch.arange(3, 63) // 3, torch.full((60,), 0.8), torch.ones(60, dtype=torch.bool)

    def rows(start, stop):
        return [part.tolist() for part in itertools.islice(corpus.batch_stream(lengths, weights, whole, 40, seed=3), start, stop)]

    assert rows(0, 100)[37:] == rows(37, 100)
    assert rows(0, 100) != [part.tolist() for part in itertools.islice(corpus.batch_stream(lengths, weights, whole, 40, seed=4), 100)]


def test_short_texts_put_negators_in_and_take_them_out_and_repeat_nothing():
    texts = [f"kamar {number} tidak bersih , tapi pelayan nomor {number} ramah dan sopan" for number in range(60)]
    texts += [f"pelayan nomor {number} kurang ramah" for number in range(60)]
    found = corpus.short_texts(texts, texts, weight=0.7)
    variants = [text.text for text in found]
    assert found == corpus.short_texts(texts, texts, weight=0.7)
    assert len(set(variants)) == len(variants) and not set(variants) & set(texts)
    assert {(text.weight, text.whole) for text in found} == {(0.7, False)}
    assert any("tidak" not in text and "bersih" in text for text in variants)
    assert any(re.search(f"({'|'.join(corpus.NEGATORS)}) ramah", text) for text in variants)
    assert not any("tidak tidak" in text for text in variants)


def test_whole_words_are_hidden_in_the_announced_shares():
    vocab_size = 200
    continues = torch.arange(vocab_size) >= 100
    generator = torch.Generator().manual_seed(0)
    subword = torch.randint(5, vocab_size, (400, 50), generator=generator)
    subword[:, 0], subword[:, -1] = corpus.CLS, corpus.SEP
    masked, label = pretraining.mask_words(subword, continues, generator)
    hidden = label != pretraining.NOT_HIDDEN
    assert torch.equal(label[hidden], subword[hidden])
    assert torch.equal(masked[~hidden], subword[~hidden])
    assert not hidden[:, [0, -1]].any()
    # A continuation shares the fate of the subword before it.
    inside = continues[subword[:, 2:-1]]
    assert torch.equal(hidden[:, 2:-1][inside], hidden[:, 1:-2][inside])
    assert hidden[:, 1:-1].float().mean().item() == pytest.approx(pretraining.MASK_SHARE, abs=0.02)
    assert (masked[hidden] == corpus.MASK).float().mean().item() == pytest.approx(0.8, abs=0.04)
    assert (masked[hidden] == subword[hidden]).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_a_bag_of_words_leaves_out_special_tokens_and_sums_to_one():
    pieces = [corpus.Piece(torch.tensor(subword), None, 0) for subword in ([2, 7, 7, 9, 3], [2, 8, 3])]
    weights = pretraining.word_weights(pieces, 12)
    bag = pretraining.bag_of_words(torch.tensor([[2, 7, 7, 9, 3, 0], [2, 8, 3, 0, 0, 0]]), weights)
    assert bag[:, :5].sum() == 0
    assert torch.allclose(bag.sum(dim=1), torch.ones(2))
    assert bag[0, 7] > bag[0, 9] > 0


def test_training_lowers_the_loss(toy_run):
    _, record = toy_run
    assert record["steps"] == 40
    assert record["loss"] < 4.5 < torch.log(torch.tensor(120.0))


def test_an_interrupted_run_ends_with_the_very_same_weights(toy_run, tmp_path, monkeypatch):
    folder, _ = toy_run
    monkeypatch.setattr(pretraining, "CHECKPOINT_EVERY", 7)
    export = pretraining.save_checkpoint

    def stop_at_21(state, path):
        export(state, path)
        if state["step"] == 21:
            raise KeyboardInterrupt

    monkeypatch.setattr(pretraining, "save_checkpoint", stop_at_21)
    with pytest.raises(KeyboardInterrupt):
        pretraining.pretrain(toy_texts(), tmp_path / "model", 40, **TOY)
    monkeypatch.setattr(pretraining, "save_checkpoint", export)
    steps_made = []
    monkeypatch.setattr(pretraining, "mask_words", lambda *args, original=pretraining.mask_words: steps_made.append(1) or original(*args))
    pretraining.pretrain(toy_texts(), tmp_path / "model", 40, **TOY)
    first, second = (load_file(path / "model" / "model.safetensors") for path in (folder, tmp_path))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert len(steps_made) < 40


def test_checkpoints_of_other_texts_are_not_mixed_in(toy_run):
    folder, _ = toy_run
    with pytest.raises(DataError, match="_checkpoints"):
        pretraining.pretrain(toy_texts()[:-1], folder / "model", 60, **TOY)


def test_the_written_folder_loads_in_float32_with_its_pooler(toy_run):
    folder, _ = toy_run
    stored = load_file(folder / "model" / "model.safetensors")
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    assert tokenizer.model_max_length == corpus.MAX_LENGTH
    assert tokenizer("Kopi", "Gula")["token_type_ids"][-1] == 1
    words = AutoModelForMaskedLM.from_pretrained(folder / "model")
    classes, loading = AutoModelForSequenceClassification.from_pretrained(folder / "model", num_labels=3, output_loading_info=True)
    assert {parameter.dtype for model in (words, classes) for parameter in model.parameters()} == {torch.float32}
    assert set(loading["missing_keys"]) == {"classifier.weight", "classifier.bias"}
    assert torch.equal(classes.bert.pooler.dense.weight, stored["bert.pooler.dense.weight"].float())
    assert torch.equal(words.cls.predictions.decoder.weight, words.bert.embeddings.word_embeddings.weight)
    assert torch.equal(words.cls.predictions.decoder.bias, stored["cls.predictions.bias"].float())


def test_main_trains_from_a_file_and_says_where_the_model_is(tmp_path, capsys):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(toy_lines()), encoding="utf-8")
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TOY.items()]
    pretraining.main(["--text", str(path), "--out", str(tmp_path / "model"), "--steps", "4", *options])
    assert str(tmp_path / "model") in capsys.readouterr().out
    assert not (tmp_path / "model_checkpoints" / "texts.txt").exists()
    assert (tmp_path / "model" / "model.safetensors").is_file()
    assert not list(tmp_path.rglob("*.part"))


def test_main_keeps_the_texts_of_a_folder_and_can_be_bounded_in_minutes(tmp_path):
    path = tmp_path / "dataset" / "emot_emotion-twitter"
    path.mkdir(parents=True)
    path.joinpath("train_preprocess.csv").write_text("label,tweet\n" + "".join(f"happy,{text}\n" for text in toy_lines()), encoding="utf-8")
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TOY.items()]
    pretraining.main(["--text", str(tmp_path / "dataset"), "--out", str(tmp_path / "model"), "--minutes", "0.001", *options])
    kept = (tmp_path / "model_checkpoints" / "texts.txt").read_text(encoding="utf-8").split("\n")
    assert sorted(kept) == sorted(toy_lines())
    assert (tmp_path / "model" / "model.safetensors").is_file()


# ---------------------------------------------------------------- the model in the repository


def test_the_mini_model_is_small_and_its_checksums_hold():
    files = {path.name: path for path in MINI.iterdir()}
    assert sum(path.stat().st_size for path in files.values()) <= 12_000_000
    listed = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].read_text().splitlines())
    assert listed.keys() == files.keys() - {"SHA256SUMS"}
    for name, checksum in listed.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == checksum, name


def test_the_mini_model_has_at_most_six_million_parameters():
    assert sum(weight.numel() for weight in load_file(MINI / "model.safetensors").values()) <= 6_000_000


def test_the_mini_model_knows_that_jakarta_is_the_capital():
    tokenizer = AutoTokenizer.from_pretrained(MINI)
    model = AutoModelForMaskedLM.from_pretrained(MINI).eval()
    inputs = tokenizer("jakarta adalah ibu [MASK] indonesia .", return_tensors="pt")
    position = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    with torch.inference_mode():
        best = model(**inputs).logits[0, position].topk(5).indices
    assert "kota" in tokenizer.convert_ids_to_tokens(best.tolist())


def test_the_mini_model_was_made_with_the_recipe_in_the_code():
    config = json.loads((MINI / "config.json").read_text())
    shape = {"layers": "num_hidden_layers", "width": "hidden_size", "heads": "num_attention_heads", "vocab_size": "vocab_size"}
    assert {name: config[key] for name, key in shape.items()} == {name: pretraining.RECIPE[name] for name in shape}


def test_the_tables_in_the_readmes_show_the_measured_figures():
    results = json.loads((mini_model.RESULTS / "mini.json").read_text(encoding="utf-8"))
    for readme in (MINI / "README.md", mini_model.RESULTS / "README.md"):
        assert mini_model.table(results) in readme.read_text(encoding="utf-8")
    for weights in ("pretrained", "random"):
        for entry in results.get(weights, {}).values():
            if isinstance(entry, dict) and entry.get("runs"):  # a probe's figure and the cloze answers stand beside the runs
                assert entry["summary"] == mini_model.summarise(entry["runs"])
