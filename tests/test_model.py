"""Tokenizer and model come from a checkpoint whole, or are refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from safetensors.torch import load_file, save_file
from tiny_checkpoint import BUNDLED, SPARE_ROWS, bundled_tokenizer, tiny_config, write_hub_like_checkpoint, write_tiny_checkpoint
from transformers import (
    AlbertConfig,
    AlbertForPreTraining,
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForTokenClassification,
    BertModel,
    RobertaConfig,
    RobertaForMaskedLM,
)

from helpers.batching import Batch, pad_batch
from helpers.data import INDEX2LABEL, LABEL2INDEX, DataError, encode_texts
from helpers.model import (
    CheckpointError,
    count_parameters,
    forward_sequence_classification,
    load_model,
    load_tokenizer,
    predict_masked_word,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def hub_like(tmp_path_factory):
    return write_hub_like_checkpoint(tmp_path_factory.mktemp("hub"))


BROKEN_TOKENIZERS = {
    "no vocabulary": {},
    "an empty vocabulary": {"vocab.txt": b""},
    "a vocabulary without [UNK]": {"vocab.txt": b"\n".join(b"kata%d" % number for number in range(3000))},
    "a vocabulary without words": {"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + b"\n".join(b"%d" % n for n in range(3000))},
    "a cut vocabulary": {"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsaya\nsuka\n"},
    "a vocabulary in Latin-1": {"vocab.txt": b"[UNK]\ncaf\xe9\n"},
    "an empty tokenizer.json": {"tokenizer.json": b""},
    "half a tokenizer.json": {"tokenizer.json": b'{"version": "1.0", "model": {'},
}


@pytest.mark.parametrize("name", BROKEN_TOKENIZERS)
def test_a_tokenizer_that_does_not_know_words_is_refused_with_its_folder_and_what_belongs_there(tmp_path, name):
    shutil.copy(BUNDLED / "config.json", tmp_path)
    for file, content in BROKEN_TOKENIZERS[name].items():
        (tmp_path / file).write_bytes(content)
    for text in refusals(CheckpointError, load_tokenizer, tmp_path).values():
        assert str(tmp_path) in text
        assert "vocab.txt" in text


def test_a_folder_that_is_no_checkpoint_is_refused_with_its_name(tmp_path):
    for text in refusals(CheckpointError, load_tokenizer, tmp_path).values():
        assert str(tmp_path) in text
        assert "INDOBERT_CHECKPOINT" in text


def test_both_layouts_give_the_same_subwords(tiny, hub_like):
    sentence = "Makanannya enak sekali , tapi antre nya lama !"
    assert load_tokenizer(hub_like).encode(sentence) == load_tokenizer(tiny).encode(sentence) == bundled_tokenizer().encode(sentence)


CONFIGS = {
    "nothing said, as on the hub": {},
    "wrongly said": {"do_lower_case": False},
    "wrongly said, with a class": {"tokenizer_class": "BertTokenizer", "do_lower_case": False},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_capitals_are_lowered_where_the_vocabulary_has_none_and_stay_so_once_saved(tmp_path, name):
    folder = write_hub_like_checkpoint(tmp_path / "hub")
    (folder / "tokenizer_config.json").write_text(json.dumps(CONFIGS[name]), encoding="utf-8")
    sentence = "Makanannya ENAK sekali, Café É itu!"
    expected = bundled_tokenizer().encode(sentence)
    tokenizer = load_tokenizer(folder)
    assert tokenizer.encode(sentence) == expected
    assert tokenizer.unk_token_id not in expected
    tokenizer.save_pretrained(tmp_path / "saved")
    shutil.copy(folder / "config.json", tmp_path / "saved")
    assert load_tokenizer(tmp_path / "saved").encode(sentence) == expected


def test_a_tokenizer_without_a_normalizer_lowers_capitals_all_the_same(tmp_path):
    folder = write_tiny_checkpoint(tmp_path)
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")) | {"normalizer": None}
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    assert load_tokenizer(folder).encode("Enak SEKALI") == bundled_tokenizer().encode("Enak SEKALI")


def test_a_vocabulary_with_capitals_keeps_them(tmp_path):
    folder = write_hub_like_checkpoint(tmp_path)
    words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words[-101:-1] = [word.capitalize() for word in ("makan", "enak", "rumah")] + [f"Kata{number}" for number in range(97)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}), encoding="utf-8")
    assert load_tokenizer(folder).tokenize("Makan enak di Rumah") == ["Makan", "enak", "di", "Rumah"]


def test_a_tokenizer_that_cannot_be_made_to_lower_capitals_is_refused(tmp_path):
    folder = write_tiny_checkpoint(tmp_path)
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")) | {"normalizer": None}
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(special), encoding="utf-8")
    for text in refusals(CheckpointError, load_tokenizer, folder).values():
        assert str(folder) in text and "do_lower_case" in text and "[UNK]" in text


def test_a_checkpoint_of_the_hub_keeps_its_spare_embedding_rows(hub_like):
    model = load_model(hub_like)
    assert model.get_input_embeddings().num_embeddings == len(load_tokenizer(hub_like)) + SPARE_ROWS
    assert torch.equal(
        model.bert.embeddings.word_embeddings.weight,
        torch.load(hub_like / "pytorch_model.bin", weights_only=True)["bert.embeddings.word_embeddings.weight"],
    )


# ------------------------------------------------- whose labels, whose weights

OTHER_LABELS = {"pujian": 0, "info": 1, "keluhan": 2}
TURNED = {"negative": 0, "neutral": 1, "positive": 2}


def same_weights(first, second):
    first, second = first.state_dict(), second.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def fine_tuned(tiny, folder, label2index=LABEL2INDEX, rename=lambda name: name, config=(), **changes):
    """A folder with a head, its weights under the names that `rename` gives; returns the model that was saved."""
    model = load_model(tiny, label2index)
    shutil.copytree(tiny, folder, dirs_exist_ok=True)
    weights = {rename(name): weight.contiguous() for name, weight in model.state_dict().items()}
    save_file({**weights, **changes}, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({**model.config.to_dict(), **dict(config)}))
    return model


def map_of(model):
    assert model.config.id2label == {index: label for label, index in model.config.label2id.items()}
    return model.config.label2id


@pytest.mark.parametrize("label2index", [TURNED, OTHER_LABELS, {str(number): number - 1 for number in range(1, 6)}])
def test_a_fine_tuned_folder_keeps_its_own_labels(tiny, tmp_path, label2index):
    saved = fine_tuned(tiny, tmp_path, label2index)
    for again in (load_model(tmp_path), load_model(tmp_path, dict(reversed(label2index.items())))):
        assert map_of(again) == label2index
        assert same_weights(again, saved)


@pytest.mark.parametrize(
    "given", [LABEL2INDEX, {"pujian": 0, "keluhan": 1}, {"info": 0, "pujian": 1, "keluhan": 2}, {"Pujian": 0, "info": 1, "keluhan": 2}]
)
def test_labels_that_contradict_a_fine_tuned_head_are_refused_with_both(tiny, tmp_path, given):
    fine_tuned(tiny, tmp_path, OTHER_LABELS)
    for text in refusals(CheckpointError, load_model, tmp_path, given).values():
        assert str(tmp_path) in text
        assert all(label in text for label in [*given, *OTHER_LABELS])


def test_a_head_of_five_labels_is_refused_for_three_with_both_numbers(tiny, tmp_path):
    fine_tuned(tiny, tmp_path, {str(number): number - 1 for number in range(1, 6)})
    for text in refusals(CheckpointError, load_model, tmp_path, LABEL2INDEX).values():
        assert "5 label" in text
        assert "3 label" in text


def test_labels_that_were_never_named_may_be_named(tiny, tmp_path):
    nameless = {f"LABEL_{index}": index for index in range(3)}
    fine_tuned(tiny, tmp_path, nameless)
    assert map_of(load_model(tmp_path)) == nameless
    assert map_of(load_model(tmp_path, OTHER_LABELS)) == OTHER_LABELS
    refusals(CheckpointError, load_model, tmp_path, {"buruk": 0, "baik": 1})


def test_a_config_without_labels_needs_a_map_of_the_heads_size(tiny, tmp_path):
    stars = {str(number): number - 1 for number in range(1, 6)}
    saved = fine_tuned(tiny, tmp_path, stars)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    for text in refusals(CheckpointError, load_model, tmp_path).values():
        assert "2 label" in text
        assert "5" in text
    assert same_weights(load_model(tmp_path, stars), saved)


@pytest.mark.parametrize(
    "labels",
    [
        {"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"c": 0, "b": 1, "a": 2}},
        {"id2label": {"0": "a", "1": "a", "2": "c"}, "label2id": {"a": 0, "c": 2}},
        {"id2label": {"1": "a", "2": "b", "3": "c"}, "label2id": {"a": 1, "b": 2, "c": 3}},
    ],
    ids=["two orders", "one name twice", "indices from 1"],
)
def test_a_config_whose_labels_contradict_each_other_is_refused(tiny, tmp_path, labels):
    fine_tuned(tiny, tmp_path, config=labels)
    for text in refusals(CheckpointError, load_model, tmp_path).values():
        assert "id2label" in text


def test_a_config_that_names_labels_in_one_direction_only_is_understood(tiny, tmp_path):
    for name, part in {"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}.items():
        fine_tuned(tiny, tmp_path / name)
        config = json.loads((tmp_path / name / "config.json").read_text())
        del config["id2label"], config["label2id"]
        (tmp_path / name / "config.json").write_text(json.dumps({**config, "num_labels": 3, name: part}))
        assert map_of(load_model(tmp_path / name)) == {"a": 0, "b": 1, "c": 2}


@pytest.mark.parametrize(
    "bad", [{"a": 1, "b": 2}, {"a": 0, "b": 0}, {"a": 0}, {}, ["a", "b"], {"a", "b"}, {"text": 0, "b": 1}, {"b": 0, "confidence": 1}]
)
def test_what_is_no_label_map_is_refused(tiny, bad):
    refusals(DataError, load_model, tiny, bad)


def test_random_weights_may_take_any_labels_and_keep_the_folders_by_default(tiny, tmp_path):
    saved = fine_tuned(tiny, tmp_path, OTHER_LABELS)
    random = load_model(tmp_path, random_weights=True)
    assert map_of(random) == OTHER_LABELS
    assert not torch.equal(random.classifier.weight, saved.classifier.weight)
    assert map_of(load_model(tmp_path, {"buruk": 0, "baik": 1}, random_weights=True)) == {"buruk": 0, "baik": 1}
    (tmp_path / "model.safetensors").unlink()
    assert map_of(load_model(tmp_path, random_weights=True)) == LABEL2INDEX


WRAPPERS = {
    "torch.compile": lambda name: "_orig_mod." + name,
    "DataParallel": lambda name: "module." + name,
    "both": lambda name: "module._orig_mod." + name,
    "a compiled body in DataParallel": lambda name: "module." + name.replace("bert.", "bert._orig_mod.", 1),
    "a compiled body": lambda name: name.replace("bert.", "bert._orig_mod.", 1),
    "older LayerNorm": lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_weights_under_the_names_of_a_wrapper_are_read_rightly(tiny, tmp_path, name):
    saved = fine_tuned(tiny, tmp_path, OTHER_LABELS, rename=WRAPPERS[name])
    again = load_model(tmp_path)
    assert map_of(again) == OTHER_LABELS
    assert same_weights(again, saved)


def test_weights_in_several_files_and_as_bin_are_read(tiny, tmp_path):
    saved = fine_tuned(tiny, tmp_path / "whole", OTHER_LABELS)
    saved.save_pretrained(tmp_path / "sharded", max_shard_size="20KB")
    shutil.copytree(tmp_path / "whole", tmp_path / "bin")
    (tmp_path / "bin" / "model.safetensors").unlink()
    torch.save(saved.state_dict(), tmp_path / "bin" / "pytorch_model.bin")
    assert (tmp_path / "sharded" / "model.safetensors.index.json").is_file()
    for name in ("sharded", "bin"):
        again = load_model(tmp_path / name)
        assert map_of(again) == OTHER_LABELS
        assert same_weights(again, saved)


QUERY = "bert.encoder.layer.0.attention.self.query.weight"
BROKEN_BODIES = {
    "LoRA's names": {"rename": lambda name: name.replace("query.", "query.linear.")},
    "PEFT's names": {"rename": lambda name: "base_model.model." + name.replace("query.", "query.base_layer.")},
    "LoRA beside the plain names": {QUERY.replace("weight", "lora_A"): torch.zeros(4, 16)},
    "a renamed body": {"rename": lambda name: name.replace("bert.", "encoder_model.", 1)},
    "another number of layers": {"config": {"num_hidden_layers": 2}},
    "another vocabulary": {"config": {"vocab_size": 8100}},
    "other widths": {"config": {"intermediate_size": 64}},
    "one weight lost": {"rename": lambda name: name if name != QUERY else "lost"},
    "no pooler under a head": {"rename": lambda name: name.replace("bert.pooler", "lost")},
    "half a head": {"rename": lambda name: name.replace("classifier.bias", "lost")},
}


@pytest.mark.parametrize("name", BROKEN_BODIES)
def test_a_body_of_which_a_part_would_be_random_is_refused_with_the_folder_and_a_weight(tiny, tmp_path, name):
    fine_tuned(tiny, tmp_path, **BROKEN_BODIES[name])
    for text in refusals(CheckpointError, load_model, tmp_path).values():
        assert str(tmp_path) in text
        assert "weight" in text or "bias" in text or "lora_A" in text
        assert "save_model" in text


def test_a_pre_trained_body_of_which_a_part_would_be_random_is_refused_too(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    save_file(
        {name: weight for name, weight in weights.items() if name != QUERY}, tmp_path / "model.safetensors", metadata={"format": "pt"}
    )
    for text in refusals(CheckpointError, load_model, tmp_path).values():
        assert QUERY in text


def test_a_new_pooler_is_said_in_one_line_and_nothing_on_the_error_stream(tiny, hub_like, capfd):
    load_model(tiny)
    out, err = capfd.readouterr()
    assert "pooler" in out and str(tiny) in out and out.count("\n") == 1
    assert err == ""
    load_model(BUNDLED)
    load_model(hub_like)
    assert capfd.readouterr() == ("", "")


def test_a_body_saved_without_its_prefix_is_read(tiny, tmp_path):
    body = BertModel.from_pretrained(tiny)
    body.save_pretrained(tmp_path)
    assert same_weights(load_model(tmp_path).bert, body)


def remove_weights(folder):
    (folder / "model.safetensors").unlink()


BROKEN_FILES = {
    "no weights": remove_weights,
    "cut weights": lambda folder: (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:5000]),
    "empty weights": lambda folder: (folder / "model.safetensors").write_bytes(b""),
    "a config that is no JSON": lambda folder: (folder / "config.json").write_text("{"),
    "a config of an unknown kind": lambda folder: (folder / "config.json").write_text('{"model_type": "entah"}'),
    "no config": lambda folder: (folder / "config.json").unlink(),
    "an adapter": lambda folder: (folder / "adapter_config.json").write_text("{}"),
    "an adapter only": lambda folder: [shutil.rmtree(folder), folder.mkdir(), (folder / "adapter_config.json").write_text("{}")],
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_folder_that_holds_no_whole_model_is_refused_with_its_name(tiny, tmp_path, name):
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    BROKEN_FILES[name](folder)
    for text in refusals(CheckpointError, load_model, folder).values():
        assert str(folder) in text


def test_a_cut_bin_is_refused(hub_like, tmp_path):
    shutil.copytree(hub_like, tmp_path, dirs_exist_ok=True)
    content = (tmp_path / "pytorch_model.bin").read_bytes()
    (tmp_path / "pytorch_model.bin").write_bytes(content[: len(content) // 2])
    for text in refusals(CheckpointError, load_model, tmp_path).values():
        assert str(tmp_path) in text


def test_the_head_of_another_task_is_not_taken_for_one_of_texts(tiny, tmp_path):
    tagger = BertForTokenClassification(tiny_config(len(bundled_tokenizer())))
    tagger.save_pretrained(tmp_path / "tags")
    regression = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=1)
    regression.save_pretrained(tmp_path / "number")
    several = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=3, problem_type="multi_label_classification")
    several.save_pretrained(tmp_path / "several")
    for name, task in {"tags": "BertForTokenClassification", "number": "regression", "several": "multi_label_classification"}.items():
        for text in refusals(CheckpointError, load_model, tmp_path / name).values():
            assert task in text


def test_checkpoints_of_other_architectures_are_loaded_and_counted(tmp_path):
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    RobertaForMaskedLM(RobertaConfig(vocab_size=8000, max_position_embeddings=130, pad_token_id=1, **small)).save_pretrained(
        tmp_path / "roberta"
    )
    AlbertForPreTraining(AlbertConfig(vocab_size=8000, embedding_size=8, **small)).save_pretrained(tmp_path / "albert")
    for name, head in {"roberta": 16 * 16 + 16 + 16 * 3 + 3, "albert": 16 * 3 + 3}.items():
        model = load_model(tmp_path / name)
        assert map_of(model) == LABEL2INDEX
        counts = count_parameters(model)
        assert counts["classifier"] == head
        assert f"{name}.embeddings" in counts
        assert counts.sum() == sum(parameter.numel() for parameter in model.parameters())


def test_parts_are_counted_through_a_wrapper(tiny):
    model = load_model(tiny)
    assert count_parameters(torch.compile(model)).equals(count_parameters(model))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_attention_asked_for_is_the_one_used(tiny, attention):
    assert load_model(tiny, attn_implementation=attention).config._attn_implementation == attention
    assert load_model(tiny, random_weights=True, attn_implementation=attention).config._attn_implementation == attention


# ---------------------------------------------------------- the tokenizer's length


def test_a_tokenizer_states_at_most_the_models_positions(tiny, hub_like):
    assert AutoTokenizer.from_pretrained(hub_like).model_max_length > 128
    assert load_tokenizer(hub_like).model_max_length == 128
    assert load_tokenizer(tiny).model_max_length == 128


def test_a_tokenizer_that_states_a_shorter_length_keeps_it(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.model_max_length = 40
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(tmp_path).model_max_length == 40


@pytest.mark.parametrize("random_weights", [False, True])
@pytest.mark.parametrize(
    "label2index", [LABEL2INDEX, {"buruk": 0, "baik": 1}, {str(number): number for number in range(20)}], ids=["3", "2", "20 numbers"]
)
def test_the_label_map_decides_the_head_and_stands_in_the_config(tiny, tmp_path, label2index, random_weights):
    model = load_model(tiny, label2index, random_weights=random_weights)
    assert model.classifier.out_features == len(label2index)
    model.config.save_pretrained(tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    assert config.label2id == label2index
    assert config.id2label == {index: label for label, index in label2index.items()}
    assert config.num_labels == len(label2index)


def test_the_label_map_of_the_project_stands_in_the_config_by_default(tiny):
    config = load_model(tiny).config
    assert (config.label2id, config.id2label) == (LABEL2INDEX, INDEX2LABEL)


def test_the_seed_decides_the_new_head_and_leaves_the_random_generator_alone(tiny):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, again, other = load_model(tiny), load_model(tiny), load_model(tiny, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert torch.equal(first.bert.embeddings.word_embeddings.weight, other.bert.embeddings.word_embeddings.weight)


def test_random_weights_keep_the_shape_and_nothing_of_the_checkpoint(tiny):
    loaded, random = load_model(tiny), load_model(tiny, random_weights=True)
    assert [weight.shape for weight in random.parameters()] == [weight.shape for weight in loaded.parameters()]
    assert not torch.equal(random.bert.embeddings.word_embeddings.weight, loaded.bert.embeddings.word_embeddings.weight)
    assert not random.training


def test_a_checkpoint_in_half_precision_is_loaded_in_float32(tiny, tmp_path):
    model = load_model(tiny).half()
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float16"
    assert {weight.dtype for weight in load_model(tmp_path).parameters()} == {torch.float32}


def test_a_text_gets_the_same_logits_alone_and_in_a_padded_batch_but_not_without_the_mask(tiny):
    tokenizer, model = load_tokenizer(tiny), load_model(tiny)
    rows = encode_texts(["enak", "pelayanannya ramah dan makanannya enak sekali , pasti kembali lagi"], tokenizer)
    subword, mask = pad_batch(rows, tokenizer.pad_token_id)
    with torch.inference_mode():
        alone = model(input_ids=rows[0][None]).logits[0]
        torch.testing.assert_close(model(input_ids=subword, attention_mask=mask).logits[0], alone)
        without_mask = model(input_ids=subword, attention_mask=torch.ones_like(mask)).logits[0]
    assert (without_mask - alone).abs().max() > 1e-4


def test_forward_gives_the_mean_cross_entropy_and_the_likeliest_class(tiny):
    tokenizer, model = load_tokenizer(tiny), load_model(tiny)
    subword, mask = pad_batch(encode_texts(["enak", "buruk sekali", "biasa"], tokenizer), tokenizer.pad_token_id)
    label = torch.tensor([0, 2, 1])
    loss, hypothesis, same = forward_sequence_classification(model, Batch(subword, mask, label))
    probability = model(input_ids=subword, attention_mask=mask).logits.softmax(-1)
    torch.testing.assert_close(loss, -probability[range(3), label].log().mean())
    assert torch.equal(hypothesis, probability.argmax(-1))
    assert torch.equal(same, label)
    weighted, _, _ = forward_sequence_classification(model, Batch(subword, mask, label), weight=torch.tensor([1.0, 0.0, 0.0]))
    torch.testing.assert_close(weighted, -probability[0, 0].log())


# -------------------------------------------------- losses with weights of their own


@pytest.fixture(scope="module")
def rows(tiny):
    tokenizer = load_tokenizer(tiny)
    subwords = encode_texts(["enak " * (1 + number % 5) for number in range(24)], tokenizer)
    return [(ids, number % 3) for number, ids in enumerate(subwords)]


def batches_of(rows, size):
    for start in range(0, len(rows), size):
        subword, mask = pad_batch([ids for ids, _ in rows[start : start + size]])
        yield Batch(subword, mask, torch.tensor([label for _, label in rows[start : start + size]]))


def loss_over(model, rows, size, **options):
    """The loss of all rows, put together from batches as `helpers.training.evaluate` does."""
    with torch.inference_mode():
        outputs = [forward_sequence_classification(model, batch, **options) for batch in batches_of(rows, size)]
    return float(sum(output[0] * output.weight for output in outputs)) / float(sum(output.weight for output in outputs))


LOSS_OPTIONS = {
    "none": {},
    "class weights": {"weight": torch.tensor([1.0, 5.0, 0.2])},
    "float64 weights": {"weight": torch.tensor([1.0, 5.0, 0.2], dtype=torch.float64)},
    "a list of weights": {"weight": [1, 5, 0.2]},
    "smoothing": {"label_smoothing": 0.1},
    "an ignored class": {"ignore_index": 2},
    "all of them": {"weight": torch.tensor([1.0, 5.0, 0.2]), "label_smoothing": 0.1, "ignore_index": 0},
}


@pytest.mark.parametrize("name", LOSS_OPTIONS)
def test_the_loss_over_many_batches_is_that_of_one_batch_whatever_its_size(tiny, rows, name):
    model, options = load_model(tiny), LOSS_OPTIONS[name]
    (whole,) = batches_of(rows, len(rows))
    with torch.inference_mode():
        logits = model(input_ids=whole.subword, attention_mask=whole.mask).logits
    plain = {**options, "weight": torch.tensor(options["weight"]).float()} if isinstance(options.get("weight"), list) else options
    plain = {key: value.float() if isinstance(value, torch.Tensor) else value for key, value in plain.items()}
    right = float(torch.nn.functional.cross_entropy(logits, whole.label, **plain))
    assert [loss_over(model, rows, size, **options) for size in (1, 5, 24)] == pytest.approx([right] * 3, rel=1e-5)


def test_weights_as_scikit_learn_computes_them_can_be_trained_with(tiny, rows):
    from sklearn.utils.class_weight import compute_class_weight

    labels = [label for _, label in rows]
    weight = compute_class_weight("balanced", classes=np.arange(3), y=labels)  # float64
    model = load_model(tiny)
    loss, _, _ = forward_sequence_classification(model, next(batches_of(rows, 8)), weight=weight)
    loss.backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_a_batch_in_which_no_row_counts_has_no_loss_and_no_gradient(tiny, rows):
    model = load_model(tiny)
    batch = Batch(*pad_batch([rows[0][0]]), torch.tensor([0]))
    for options in ({"ignore_index": 0}, {"weight": [0.0, 1.0, 1.0]}):
        loss, _, _ = forward_sequence_classification(model, batch, **options)
        loss.backward()
        assert float(loss.detach()) == 0
        assert not model.classifier.weight.grad.any()


@pytest.mark.parametrize(
    "options",
    [
        {"weight": [1.0, 2.0]},
        {"weight": [1.0, -1.0, 1.0]},
        {"weight": [1.0, float("nan"), 1.0]},
        {"reduction": "sum"},
        {"reduction": "none"},
    ],
)
def test_loss_options_that_cannot_be_meant_are_refused(tiny, rows, options):
    refusals(ValueError, forward_sequence_classification, load_model(tiny), next(batches_of(rows, 2)), **options)


def test_without_options_the_loss_is_pytorchs_mean_bit_by_bit(tiny, rows):
    model = load_model(tiny)
    for batch in batches_of(rows, 7):
        logits = model(input_ids=batch.subword, attention_mask=batch.mask).logits
        loss, hypothesis, label = forward_sequence_classification(model, batch)
        assert torch.equal(loss, torch.nn.functional.cross_entropy(logits, batch.label))


@settings(max_examples=30, deadline=None)
@given(
    weight=st.lists(st.sampled_from([0.0, 0.01, 0.2, 1.0, 5.0, 100.0]), min_size=3, max_size=3),
    labels=st.lists(st.integers(0, 2), min_size=1, max_size=12),
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=2),
)
def test_batch_sizes_never_change_a_weighted_loss(weight, labels, sizes):
    logits = torch.randn(len(labels), 3, generator=torch.Generator().manual_seed(len(labels)))
    position = iter(range(0))

    def model(input_ids, attention_mask):
        rows = [next(position) for _ in input_ids]
        return type("Output", (), {"logits": logits[rows]})

    losses = []
    for size in sizes:
        position = iter(range(len(labels)))
        losses.append(loss_over(model, [(torch.tensor([2, 3]), label) for label in labels], size, weight=weight))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4, abs=1e-6)


def test_the_parts_of_the_model_add_up_to_all_its_parameters(tiny):
    model = load_model(tiny)
    counts = count_parameters(model)
    assert counts.sum() == sum(parameter.numel() for parameter in model.parameters())
    assert counts["classifier"] == 16 * 3 + 3
    assert list(counts.index) == ["bert.embeddings", "bert.encoder", "bert.pooler", "classifier"]


def test_the_words_for_a_mask_come_with_their_probabilities_the_likeliest_first(tiny):
    table = predict_masked_word("makanan ini [MASK] sekali", load_tokenizer(tiny), tiny, top=4)
    assert len(table) == 4
    assert table["probability"].is_monotonic_decreasing
    assert 0 < table["probability"].sum() <= 1


@pytest.mark.parametrize("sentence", ["tanpa lubang sama sekali", "dua [MASK] dalam satu [MASK]"])
def test_a_sentence_without_exactly_one_mask_is_refused(tiny, sentence):
    with pytest.raises(ValueError, match="MASK"):
        predict_masked_word(sentence, load_tokenizer(tiny), tiny)


def test_words_are_not_guessed_by_a_head_that_would_be_random(tiny, tmp_path):
    fine_tuned(tiny, tmp_path)
    for text in refusals(CheckpointError, predict_masked_word, "ini [MASK]", load_tokenizer(tiny), tmp_path).values():
        assert str(tmp_path) in text


def test_a_loaded_model_and_its_folder_guess_the_same_words(hub_like):
    tokenizer, model = load_tokenizer(hub_like), AutoModelForMaskedLM.from_pretrained(hub_like)
    first, second = (predict_masked_word("ini [MASK]", tokenizer, source) for source in (model, hub_like))
    assert first.equals(second)
