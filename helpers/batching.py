"""From a dataset to padded batches with their masks (built in lesson 02)."""

import copy
from typing import NamedTuple

import pandas as pd
import torch
from torch.nn.functional import pad
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import ConcatDataset, DataLoader, Sampler, Subset

from helpers.data import DataError
from helpers.messages import message


class Batch(NamedTuple):
    """One batch; unpacks as ``subword, mask, label``.

    Attributes
    ----------
    subword : torch.Tensor
        int64 ``[batch, seq_len]``, padded with the tokenizer's ``[PAD]``.
    mask : torch.Tensor
        int64 ``[batch, seq_len]``: 1 for a subword, 0 for padding.
    label : torch.Tensor
        int64 ``[batch]``.
    """

    subword: torch.Tensor
    mask: torch.Tensor
    label: torch.Tensor


def truncate(subwords, max_seq_len):
    """Cut a row to `max_seq_len` subwords and keep its last one, ``[SEP]``. Built in lesson 02.

    Examples
    --------
    >>> truncate(torch.tensor([2, 11, 12, 13, 3]), 4).tolist()
    [2, 11, 12, 3]
    """
    if len(subwords) <= max_seq_len:
        return subwords
    return torch.cat([subwords[: max_seq_len - 1], subwords[-1:]])


def pad_batch(rows, pad_token_id=0):
    """Pad rows to the longest of them and say which positions are real. Built in lesson 02.

    Parameters
    ----------
    rows : list of torch.Tensor
        int64 ``[seq_len]`` each, of different lengths.
    pad_token_id : int

    Returns
    -------
    subword, mask : torch.Tensor
        int64 ``[batch, seq_len]`` each; in the mask 1 is a subword, 0 padding.

    Examples
    --------
    >>> subword, mask = pad_batch([torch.tensor([2, 7, 3]), torch.tensor([2, 3])])
    >>> subword.tolist(), mask.tolist()
    ([[2, 7, 3], [2, 3, 0]], [[1, 1, 1], [1, 1, 0]])
    """
    subword = pad_sequence(rows, batch_first=True, padding_value=pad_token_id)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(subword.size(1)) < lengths[:, None]).long()
    return subword, mask


def widen(batch, width, pad_token_id=0):
    """A batch with columns of padding added on its right, up to a fixed width. Built in lesson 02.

    Parameters
    ----------
    batch : Batch
    width : int
        At least that of the batch.
    pad_token_id : int

    Returns
    -------
    Batch
        ``subword`` and ``mask`` are ``[batch, width]``; the new columns of the
        mask are 0.

    Examples
    --------
    >>> batch = Batch(torch.tensor([[2, 7, 3]]), torch.tensor([[1, 1, 1]]), torch.tensor([0]))
    >>> subword, mask, label = widen(batch, 5)
    >>> subword.tolist(), mask.tolist()
    ([[2, 7, 3, 0, 0]], [[1, 1, 1, 0, 0]])
    """
    extra = (0, width - batch.subword.size(1))
    return Batch(pad(batch.subword, extra, value=pad_token_id), pad(batch.mask, extra), batch.label)


def group_by_length(lengths, batch_size, pool_batches=50):
    """Batches of rows of similar length, in random order. Built in lesson 02.

    Rows are shuffled, sorted by length inside pools of `pool_batches`
    batches, cut into batches, and the batches shuffled: nearly no padding,
    and yet another order in every epoch.
    ``transformers.trainer_pt_utils.LengthGroupedSampler`` pools in the same
    way but hands the batches of a pool out from long to short.

    Parameters
    ----------
    lengths : torch.Tensor
        ``[rows]``, subwords in each row.
    batch_size : int
    pool_batches : int

    Returns
    -------
    list of list of int
        Row numbers, batch by batch. Drawn from PyTorch's global random
        generator, so that ``torch.manual_seed`` repeats them.
    """
    batches = []
    for pool in torch.randperm(len(lengths)).split(batch_size * pool_batches):
        pool = pool[lengths[pool].argsort(stable=True)]
        batches += pool.split(batch_size)
    return [batches[index].tolist() for index in torch.randperm(len(batches))]


class LengthGroupedBatches(Sampler):
    """`group_by_length`, drawn anew for each epoch. Built in lesson 02."""

    def __init__(self, lengths, batch_size):
        self.lengths, self.batch_size = lengths, batch_size

    def __iter__(self):
        return iter(group_by_length(self.lengths, self.batch_size))

    def __len__(self):
        return -(-len(self.lengths) // self.batch_size)


def check_number(name, value, least):
    """Raise `DataError` unless a value is a whole number of `least` at least."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise DataError(message("batching.number", name=name, found=repr(value), least=least))


def require_attributes(dataset, names):
    """Raise `DataError` unless a dataset has these attributes, and at least one row."""
    missing = [name for name in (*names, "__len__") if not hasattr(dataset, name)]
    if missing:
        raise DataError(message("batching.no_dataset", found=type(dataset).__name__, missing=", ".join(missing)))
    if not len(dataset):
        raise DataError(message("data.no_rows"))


def select_rows(dataset, rows):
    """A dataset of only these rows (int) of another one; nothing is tokenized again."""
    rows = [int(row) for row in rows]
    part = copy.copy(dataset)
    part.data = dataset.data.iloc[rows].reset_index(drop=True)
    part.labels = [dataset.labels[row] for row in rows]
    part.subwords = [dataset.subwords[row] for row in rows]
    part.lengths = dataset.lengths[rows]
    return part


def join_datasets(datasets):
    """One dataset of the rows of several, which share tokenizer and label map; nothing is tokenized again."""
    first = datasets[0]
    maps = [dataset.label2index for dataset in datasets if dataset.label2index is not None]
    for other in maps:
        if other != maps[0]:
            raise DataError(message("data.other_label_map", own=other, given=maps[0]))
    for other in datasets[1:]:
        if other.tokenizer is not first.tokenizer and other.tokenizer.get_vocab() != first.tokenizer.get_vocab():
            raise DataError(message("batching.other_tokenizer"))
    joined = copy.copy(first)
    joined.label2index = maps[0] if maps else None
    joined.data = pd.concat([dataset.data for dataset in datasets], ignore_index=True)
    joined.labels = [label for dataset in datasets for label in dataset.labels]
    joined.subwords = [row for dataset in datasets for row in dataset.subwords]
    joined.lengths = torch.cat([dataset.lengths for dataset in datasets])
    return joined


def plain_dataset(dataset, needed=("tokenizer",)):
    """The dataset itself; or, of a ``Subset`` (``random_split`` makes them) or ``ConcatDataset``, one of just its rows.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
    needed : tuple of str
        Attributes that it must have.

    Raises
    ------
    DataError
        There are no rows, or an attribute is missing, as in other wrappers;
        or datasets with different label maps or tokenizers are joined.
    """
    parts = ("data", "labels", "subwords", "lengths", "tokenizer", "label2index")
    if isinstance(dataset, Subset):
        require_attributes(dataset, ())
        return select_rows(plain_dataset(dataset.dataset, parts), dataset.indices)
    if isinstance(dataset, ConcatDataset):
        require_attributes(dataset, ())
        return join_datasets([plain_dataset(part, parts) for part in dataset.datasets if len(part)])
    require_attributes(dataset, needed)
    return dataset


def loader_dataset(dataset, max_seq_len, batch_size, shuffle):
    """The dataset that a loader can use: `plain_dataset`, once its other arguments are checked. Used in lesson 02.

    Raises
    ------
    DataError
        `max_seq_len` is no whole number of 3 at least (``[CLS]``, one
        subword, ``[SEP]``), `batch_size` none of 1 at least, or the dataset
        cannot be used: see `plain_dataset`.
    """
    check_number("max_seq_len", max_seq_len, least=3)
    check_number("batch_size", batch_size, least=1)
    return plain_dataset(dataset, ("tokenizer", "lengths") if shuffle else ("tokenizer",))


class DocumentSentimentDataLoader(DataLoader):
    """Batches of a `DocumentSentimentDataset`. Built in lesson 02.

    With ``shuffle=True`` (training) rows of similar length come together, in
    a new random order each epoch; else the rows come in the file's order.

    Parameters
    ----------
    dataset : helpers.data.DocumentSentimentDataset
        Or a ``Subset`` or ``ConcatDataset`` of such; ``loader.dataset`` is
        then one dataset of just these rows.
    max_seq_len : int
        Three at least. Longer rows are cut; ``[SEP]`` stays. BERT knows 512 positions; a
        tokenizer that states fewer, as the mini IndoBERT's does, wins.
    batch_size : int
    shuffle : bool
    num_workers : int
        0 by default: the rows are tokenized already, so that a batch costs a
        fraction of a millisecond, less than handing it over from another
        process; and on Windows and macOS a worker cannot load classes that
        are defined in a notebook.

    Yields
    ------
    Batch

    Raises
    ------
    DataError
        See `loader_dataset`.
    """

    def __init__(self, dataset, max_seq_len=512, batch_size=32, *, shuffle=False, num_workers=0):
        dataset = loader_dataset(dataset, max_seq_len, batch_size, shuffle)
        self.max_seq_len = min(max_seq_len, dataset.tokenizer.model_max_length)
        self.pad_token_id = dataset.tokenizer.pad_token_id
        if shuffle:
            order = {"batch_sampler": LengthGroupedBatches(dataset.lengths, batch_size)}
        else:
            order = {"batch_size": batch_size}
        pin_memory = torch.cuda.is_available()
        super().__init__(dataset, collate_fn=self._collate_fn, num_workers=num_workers, pin_memory=pin_memory, **order)

    def _collate_fn(self, rows):
        subwords = [truncate(subword, self.max_seq_len) for subword, label in rows]
        labels = [label for subword, label in rows]
        subword, mask = pad_batch(subwords, self.pad_token_id)
        return Batch(subword, mask, torch.tensor(labels))


def padding_share(loader):
    """Share of a loader's positions that hold only padding, between 0 and 1. Used in lesson 02."""
    masks = [batch.mask for batch in loader]
    return 1 - sum(int(mask.sum()) for mask in masks) / sum(mask.numel() for mask in masks)
