"""A teacher's vectors of texts and words, and a small model that learns them."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_pretraining import TOY, toy_lines, toy_texts
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForPreTraining

from helpers import corpus, pretraining, teacher
from helpers.data import DataError


@pytest.fixture(scope="module")
def toy_teacher(tmp_path_factory):
    """A BERT of three layers, with random weights, and a vocabulary of its own."""
    folder = tmp_path_factory.mktemp("teacher")
    tokenizer = corpus.train_tokenizer(["query: ", *toy_lines()], 90)
    torch.manual_seed(3)
    shape = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 48, "initializer_range": 0.3}
    pretraining.export_model(BertForPreTraining(BertConfig(vocab_size=tokenizer.get_vocab_size(), **shape)), tokenizer, folder)
    return folder


@pytest.fixture(scope="module")
def taught(toy_teacher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taught")
    texts = toy_texts() + corpus.short_texts(toy_lines(), toy_lines(), 0.5)
    pretraining.pretrain(texts, folder / "model", 40, teacher_folder=toy_teacher, **TOY)
    return folder, texts


def test_a_word_has_the_mean_of_its_pieces_and_a_text_that_of_all_its_pieces(toy_teacher, tmp_path):
    lines = [*toy_lines()[:30], "nasi , kopi dan gula"]  # of different lengths: some are padded
    vectors = teacher.ask_teacher(lines, toy_teacher, tmp_path)
    tokenizer, model = AutoTokenizer.from_pretrained(toy_teacher), AutoModel.from_pretrained(toy_teacher, dtype=torch.float32).eval()
    before = 0
    for number, line in enumerate(lines):
        encoding = tokenizer(teacher.PREFIX + line, return_tensors="pt")
        with torch.inference_mode():
            layers = [layer[0] for layer in model(**encoding, output_hidden_states=True).hidden_states]
        assert cosine(vectors.text[number], layers[3].mean(0).numpy()) > 0.999
        words = encoding.word_ids(0)
        for word, _ in enumerate(corpus.split_words(line)):
            pieces = [place for place, found in enumerate(words) if found == word + 2]  # after "query" and ":"
            assert cosine(vectors.middle[before + word], layers[2][pieces].mean(0).numpy()) > 0.999
            assert cosine(vectors.last[before + word], layers[3][pieces].mean(0).numpy()) > 0.999
        before += len(corpus.split_words(line))
    assert len(vectors.last) == before


def cosine(first, second):
    first, second = first.astype(np.float64), second.astype(np.float64)
    return first @ second / np.linalg.norm(first) / np.linalg.norm(second)


def test_the_teacher_is_asked_once_for_the_same_texts(toy_teacher, tmp_path, monkeypatch):
    vectors = teacher.ask_teacher(toy_lines(), toy_teacher, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(teacher, "write_vectors", lambda *_: pytest.fail("asked again"))
        again = teacher.ask_teacher(toy_lines(), toy_teacher, tmp_path)
    assert np.array_equal(vectors.middle, again.middle)
    assert len(teacher.ask_teacher(toy_lines()[:5], toy_teacher, tmp_path).text) == 5


def test_an_interrupted_teacher_is_asked_again(toy_teacher, tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(teacher, "speak", stop)
        with pytest.raises(KeyboardInterrupt):
            teacher.ask_teacher(toy_lines(), toy_teacher, tmp_path)
    assert np.abs(teacher.ask_teacher(toy_lines(), toy_teacher, tmp_path).text).min(axis=1).all()


def test_directions_have_length_one_and_no_common_part():
    vectors = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float16) + np.float16(3)
    found = teacher.directions(vectors, teacher.centre(vectors))
    assert torch.allclose(found.norm(dim=1), torch.ones(500), atol=1e-5)
    assert found.mean(0).abs().max() < 0.15


def test_each_subword_of_a_batch_gets_the_vector_of_its_own_word(toy_teacher, tmp_path):
    texts = toy_texts()
    vectors = teacher.ask_teacher([text.text for text in texts], toy_teacher, tmp_path)
    data = pretraining.prepare(texts, 120, vectors)
    piece = data.pieces[7]
    alike = [other for other in data.pieces if len(other.subword) == len(piece.subword)][:4]
    batch = pretraining.make_batch(data, alike, whole=True)
    before = sum(len(corpus.split_words(text.text)) for text in texts[: alike[2].text])
    names = [data.tokenizer.id_to_token(index) for index in alike[2].subword[1:-1].tolist()]
    word = np.cumsum([not name.startswith("##") for name in names]) - 1
    size = len(names)
    assert torch.equal(batch.middle[2 * size : 3 * size], teacher.directions(vectors.middle[before + word], data.means[1]))
    own_means = data.means[2][data.kind[before + word]].float()
    assert torch.equal(batch.last[2 * size : 3 * size], teacher.directions(vectors.last[before + word], own_means))
    assert torch.equal(batch.text[2], teacher.directions(vectors.text[alike[2].text : alike[2].text + 1], data.means[0])[0])


def test_a_word_is_centred_by_its_own_mean_and_a_rare_one_mostly_by_that_of_all():
    draw = np.random.default_rng(0)
    texts = ["enak sekali"] * 200 + ["langka"]
    own = {"enak": 4.0, "sekali": -4.0, "langka": 9.0}
    vectors = np.stack([own[word] + draw.normal(size=6) for text in texts for word in text.split()]).astype(np.float16)
    kind, mean = teacher.centre_by_word(texts, vectors, rows_at_once=37)
    assert kind[:4].tolist() == [0, 1, 0, 1] and int(kind[-1]) == 2
    assert mean[0].float().mean() == pytest.approx(4, abs=0.3) and mean[1].float().mean() == pytest.approx(-4, abs=0.3)
    assert mean[2].float().mean() == pytest.approx(9 / 6, abs=0.3)


def test_minimal_pairs_teach_what_a_negator_does(toy_teacher, tmp_path):
    lines = toy_lines() + [line.replace(" itu ", " itu tidak ") for line in toy_lines()[:60]]
    texts = [corpus.Text(line) for line in lines]
    vectors = teacher.ask_teacher(lines, toy_teacher, tmp_path)
    data = pretraining.prepare(texts, 120, vectors)
    assert 0 < len(data.pairs) <= 60
    assert all(lines[two.text].replace(" tidak", "") == lines[one.text] for one, two in data.pairs)
    torch.manual_seed(0)
    model, readers = pretraining.make_model(120, 1, 16, 2, vectors.text.shape[1])
    optimizer = torch.optim.AdamW([*model.parameters(), *readers.parameters()], lr=3e-3)
    found = []
    for _ in range(60):
        losses = pretraining.pair_losses(model, readers, data, torch.Generator().manual_seed(1))
        found.append({name: loss.item() for name, loss in losses.items()})
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
    assert all(found[-1][name] < 0.8 * found[0][name] for name in ("difference", "pair")), (found[0], found[-1])


def test_the_embeddings_start_with_the_teachers_neighbours():
    draw = np.random.default_rng(0)
    kinds = draw.normal(size=(2, 24))
    vectors = (kinds[np.arange(40) % 2] + 0.1 * draw.normal(size=(40, 24))).astype(np.float16)
    pieces = [corpus.Piece(torch.tensor([corpus.CLS, *range(10, 50), corpus.SEP]), torch.arange(40), 0)]
    model, _ = pretraining.make_model(60, layers=1, width=16, heads=2, teacher_width=24)
    unseen = model.bert.embeddings.word_embeddings.weight[50:].clone()
    pretraining.start_embeddings(model, pieces, vectors)
    start = torch.nn.functional.normalize(model.bert.embeddings.word_embeddings.weight[10:50], dim=-1)
    likeness = start @ start.T
    same = (torch.arange(40)[:, None] - torch.arange(40)) % 2 == 0
    assert likeness[same].mean() > 0.5 > -0.2 > likeness[~same].mean()
    assert torch.equal(model.bert.embeddings.word_embeddings.weight[50:], unseen)


def test_training_brings_the_model_nearer_to_its_teacher(toy_teacher, tmp_path):
    first, last = (pretraining.pretrain(toy_texts(), tmp_path / str(n), n, teacher_folder=toy_teacher, **TOY)["held_out"] for n in (1, 200))
    gains = {name: first[name] - last[name] for name in first}
    assert gains.keys() == {"hidden", "text", "middle", "last"}
    assert min(gains.values()) > 0.1, gains


def test_an_interrupted_distillation_ends_with_the_very_same_weights(taught, toy_teacher, tmp_path, monkeypatch):
    folder, texts = taught
    monkeypatch.setattr(pretraining, "CHECKPOINT_EVERY", 7)
    whole = pretraining.save_checkpoint

    def stop_at_21(state, path):
        whole(state, path)
        if state["step"] == 21:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "save_checkpoint", stop_at_21)
        with pytest.raises(KeyboardInterrupt):
            pretraining.pretrain(texts, tmp_path / "model", 40, teacher_folder=toy_teacher, **TOY)
    pretraining.pretrain(texts, tmp_path / "model", 40, teacher_folder=toy_teacher, **TOY)
    first, second = (load_file(path / "model" / "model.safetensors") for path in (folder, tmp_path))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_variants_without_a_teacher_are_refused(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(toy_lines()), encoding="utf-8")
    with pytest.raises(DataError, match="--teacher"):
        pretraining.main(["--text", str(path), "--vary", str(path), "--out", str(tmp_path / "model"), "--language", "en"])


def test_main_learns_from_several_files_and_a_teacher(toy_teacher, tmp_path, capsys):
    lines = toy_lines()
    for name, part in (("a.txt", lines[:60]), ("b.txt", lines[60:])):
        (tmp_path / name).write_text("\n".join(part), encoding="utf-8")
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TOY.items()]
    sources = ["--text", f"{tmp_path / 'a.txt'}=1.3", "--text", f"{tmp_path / 'b.txt'}", "--vary", f"{tmp_path / 'b.txt'}=0.7"]
    pretraining.main([*sources, "--teacher", str(toy_teacher), "--out", str(tmp_path / "model"), "--steps", "4", *options])
    assert "middle" in capsys.readouterr().out
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_a_weight_that_is_no_number_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        pretraining.main(["--text", "a.txt=banyak", "--out", str(tmp_path), "--language", "en"])
    assert "news.txt=0.8" in capsys.readouterr().err
