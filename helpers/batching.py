"""From a dataset to padded batches with their masks (built in lesson 02)."""

from typing import NamedTuple

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Sampler


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


class DocumentSentimentDataLoader(DataLoader):
    """Batches of a `DocumentSentimentDataset`. Built in lesson 02.

    With ``shuffle=True`` (training) rows of similar length come together, in
    a new random order each epoch; else the rows come in the file's order.

    Parameters
    ----------
    dataset : helpers.data.DocumentSentimentDataset
    max_seq_len : int
        Longer rows are cut; ``[SEP]`` stays. BERT knows 512 positions; a
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
    """

    def __init__(self, dataset, max_seq_len=512, batch_size=32, shuffle=False, num_workers=0):
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
