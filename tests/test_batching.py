"""Batches: padded, masked, cut without losing [SEP], grouped by length."""

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, random_split

from helpers.batching import DocumentSentimentDataLoader, LengthGroupedBatches, group_by_length, pad_batch, padding_share, truncate
from helpers.data import DataError, DocumentSentimentDataset
from helpers.model import load_model

ROWS = 150


@pytest.fixture(scope="module")
def dataset():
    """Texts of 1 to 60 words, in no order of length."""
    draw = torch.Generator().manual_seed(1)
    texts = [" ".join(["enak"] * int(torch.randint(1, 61, (), generator=draw))) for _ in range(ROWS)]
    return DocumentSentimentDataset(pd.DataFrame({"text": texts, "label": [row % 3 for row in range(ROWS)]}), bundled_tokenizer())


def test_truncation_keeps_cls_and_sep():
    subwords = torch.tensor([2, *range(10, 40), 3])
    for length in (2, 5, 31):
        cut = truncate(subwords, length)
        assert len(cut) == length
        assert (int(cut[0]), int(cut[-1])) == (2, 3)
        assert torch.equal(cut[:-1], subwords[: length - 1])


def test_a_row_that_fits_is_not_changed():
    subwords = torch.tensor([2, 7, 3])
    assert truncate(subwords, 3) is subwords


def test_the_mask_is_zero_exactly_where_padding_stands():
    lengths = [5, 1, 3]
    subword, mask = pad_batch([torch.full((length,), 9) for length in lengths], pad_token_id=7)
    assert subword.shape == mask.shape == (3, 5)
    assert torch.equal(mask == 0, subword == 7)
    assert mask.sum(1).tolist() == lengths


def test_a_padding_id_inside_a_text_is_not_taken_for_padding():
    _, mask = pad_batch([torch.tensor([2, 0, 3]), torch.tensor([2, 3])], pad_token_id=0)
    assert mask.tolist() == [[1, 1, 1], [1, 1, 0]]


def test_a_batch_unpacks_as_subword_mask_label_in_the_order_of_the_file(dataset):
    rows = []
    for subword, mask, label in DocumentSentimentDataLoader(dataset, batch_size=32):
        assert subword.dtype == mask.dtype == label.dtype == torch.int64
        assert subword.shape == mask.shape == (len(label), int(mask.sum(1).max()))
        rows += [(row[real.bool()].tolist(), int(index)) for row, real, index in zip(subword, mask, label)]
    assert rows == [(subwords.tolist(), label) for subwords, label in dataset]


def test_long_rows_are_cut_to_the_length_asked_for_and_end_in_sep(dataset):
    for subword, mask, _ in DocumentSentimentDataLoader(dataset, max_seq_len=10, batch_size=16):
        assert subword.size(1) <= 10
        last = subword[torch.arange(len(subword)), mask.sum(1) - 1]
        assert set(last.tolist()) == {dataset.tokenizer.sep_token_id}


def test_a_text_longer_than_the_model_has_positions_goes_through_with_the_default_settings(tmp_path):
    dataset = DocumentSentimentDataset(pd.DataFrame({"text": ["enak " * 500], "label": [0]}), bundled_tokenizer())
    (batch,) = DocumentSentimentDataLoader(dataset)
    assert batch.subword.size(1) == bundled_tokenizer().model_max_length
    model = load_model(write_tiny_checkpoint(tmp_path))
    assert model(input_ids=batch.subword, attention_mask=batch.mask).logits.isfinite().all()


@pytest.mark.parametrize("count", [1, 7, 8, 9, 800, 1234])
def test_grouping_by_length_gives_every_row_once(count):
    lengths = torch.randint(3, 100, (count,))
    batches = group_by_length(lengths, 8)
    assert sorted(row for batch in batches for row in batch) == list(range(count))
    assert len(batches) == len(LengthGroupedBatches(lengths, 8))
    assert max(map(len, batches)) <= 8


def test_each_epoch_has_an_order_of_its_own_and_the_seed_repeats_them(dataset):
    loader = DocumentSentimentDataLoader(dataset, batch_size=8, shuffle=True)

    def two_epochs():
        torch.manual_seed(5)
        return [[batch.subword.tolist() for batch in loader] for _ in range(2)]

    first, second = two_epochs()
    assert first != second
    assert [first, second] == two_epochs()


def test_batches_do_not_come_from_short_to_long():
    means = [torch.tensor(batch).float().mean() for batch in group_by_length(torch.arange(800), 8)]
    correlation = torch.corrcoef(torch.stack([torch.stack(means), torch.arange(100.0)]))[0, 1]
    assert abs(correlation) < 0.5


def test_grouping_by_length_pads_far_less_than_shuffling(dataset):
    torch.manual_seed(0)
    grouped = DocumentSentimentDataLoader(dataset, batch_size=8, shuffle=True)
    shuffled = DataLoader(dataset, batch_size=8, shuffle=True, collate_fn=grouped._collate_fn)
    assert padding_share(grouped) < 0.25 * padding_share(shuffled)


def test_the_share_of_padding_is_counted_over_all_positions():
    table = pd.DataFrame({"text": ["enak enak", "enak"], "label": [0, 1]})
    loader = DocumentSentimentDataLoader(DocumentSentimentDataset(table, bundled_tokenizer()), batch_size=2)
    assert padding_share(loader) == 1 - 7 / 8


def test_the_loader_works_in_the_process_of_the_lesson_by_default(dataset):
    assert DocumentSentimentDataLoader(dataset).num_workers == 0


# ------------------------------------------------- parts of datasets, and what is no dataset


def rows_in(loader):
    """Subwords and label of each row, in the order of the batches."""
    return [(row[real.bool()].tolist(), int(label)) for batch in loader for row, real, label in zip(*batch)]


def as_rows(dataset):
    return [(subwords.tolist(), int(label)) for subwords, label in dataset]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(data=st.data(), shuffle=st.booleans(), batch_size=st.integers(1, 40))
def test_parts_of_a_dataset_and_joined_parts_give_just_their_rows(dataset, data, shuffle, batch_size):
    rows = st.lists(st.integers(-ROWS, ROWS - 1), min_size=1, max_size=30)
    part = Subset(dataset, data.draw(rows))
    part = Subset(part, list(range(0, len(part), 2))) if data.draw(st.booleans()) else part
    part = ConcatDataset([part, Subset(dataset, data.draw(rows)), Subset(dataset, [])]) if data.draw(st.booleans()) else part
    loader = DocumentSentimentDataLoader(part, batch_size=batch_size, shuffle=shuffle)
    read, expected = rows_in(loader), as_rows(part)
    assert (sorted(read), len(loader)) == (sorted(expected), -(-len(expected) // batch_size))
    if not shuffle:
        assert read == expected


def test_a_random_split_can_be_trained_on_and_its_dataset_knows_tokenizer_map_and_rows(dataset):
    first, second = random_split(dataset, [100, 50], torch.Generator().manual_seed(0))
    loaders = [DocumentSentimentDataLoader(part, batch_size=16, shuffle=True) for part in (first, second)]
    for loader, part in zip(loaders, (first, second)):
        assert loader.dataset.tokenizer is dataset.tokenizer
        assert loader.dataset.label2index == dataset.label2index
        assert loader.dataset.data["text"].tolist() == dataset.data["text"].iloc[part.indices].tolist()
        assert loader.dataset.lengths.tolist() == [len(subwords) for subwords, _ in part]
    assert sorted(rows_in(loaders[0]) + rows_in(loaders[1])) == sorted(as_rows(dataset))
    assert len(dataset) == ROWS  # the whole is as it was


def test_datasets_with_different_maps_or_tokenizers_are_not_joined(dataset):
    class OtherTokenizer:
        def get_vocab(self):
            return {}

    other = DocumentSentimentDataset(pd.DataFrame({"text": ["a"], "label": ["x"]}), bundled_tokenizer(), {"x": 0, "y": 1})
    named = DocumentSentimentDataset(pd.DataFrame({"text": ["a"], "label": ["neutral"]}), bundled_tokenizer())
    for text in refusals(DataError, DocumentSentimentDataLoader, ConcatDataset([named, other])).values():
        assert "'x': 0" in text
    other = DocumentSentimentDataset(pd.DataFrame({"text": ["a"], "label": [0]}), bundled_tokenizer())
    assert len(rows_in(DocumentSentimentDataLoader(ConcatDataset([dataset, other])))) == ROWS + 1
    other.tokenizer = OtherTokenizer()
    for text in refusals(DataError, DocumentSentimentDataLoader, ConcatDataset([dataset, other])).values():
        assert "tokenizer" in text


@pytest.mark.parametrize("shuffle", [True, False])
def test_nothing_to_load_is_refused(dataset, shuffle):
    for nothing in (Subset(dataset, []), ConcatDataset([Subset(dataset, [])]), Subset(Subset(dataset, [1]), [])):
        refusals(DataError, DocumentSentimentDataLoader, nothing, shuffle=shuffle)


@pytest.mark.parametrize("shuffle", [True, False])
def test_what_is_no_dataset_of_texts_is_refused_with_the_way_out(shuffle):
    tensors = TensorDataset(torch.ones(3, 2), torch.ones(3))
    for wrong in (tensors, Subset(tensors, [0]), ConcatDataset([tensors]), [([2, 3], 0)], pd.DataFrame({"text": ["a"], "label": [0]})):
        for text in refusals(DataError, DocumentSentimentDataLoader, wrong, shuffle=shuffle).values():
            assert "tokenizer" in text
            assert "table.sample" in text


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("name", ["batch_size", "max_seq_len"])
@pytest.mark.parametrize("number", [0, -1, -32, 8.0, 0.5, float("nan"), "8", None, True, torch.tensor([8]), torch.tensor(8)], ids=str)
def test_a_number_outside_its_domain_is_refused_before_anything_is_read(dataset, name, number, shuffle):
    for text in refusals(DataError, DocumentSentimentDataLoader, dataset, shuffle=shuffle, **{name: number}).values():
        assert name in text
        assert repr(number) in text


def test_cls_one_subword_and_sep_are_the_least_that_a_row_is_cut_to(dataset):
    for number in (1, 2):
        refusals(DataError, DocumentSentimentDataLoader, dataset, number)
    for batch in DocumentSentimentDataLoader(dataset, 3, 8):
        assert batch.subword.size(1) == 3


def test_another_order_than_the_files_is_asked_for_by_name(dataset):
    with pytest.raises(TypeError):
        DocumentSentimentDataLoader(dataset, 128, 8, True)
