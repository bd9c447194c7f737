"""Lesson 04 as a command, ``python -m helpers.script``, for one process or several (used in lesson 07)."""

import argparse
import contextlib
import os
import pathlib

import torch

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset
from helpers.device import attention_for_training, process_rank
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import write_atomically
from helpers.lesson import start
from helpers.messages import language_option, message
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.training import evaluate, make_optimizer, save_model, train


def group_backend():
    """NCCL if each process of this computer has a GPU of its own, else gloo: NCCL refuses two that share one, and Windows has none."""
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ.get("WORLD_SIZE", 1)))
    return "nccl" if torch.distributed.is_nccl_available() and 0 < processes <= torch.cuda.device_count() else "gloo"


@contextlib.contextmanager
def joined_processes():
    """Join the processes that ``torchrun`` or ``accelerate launch`` started; only the first of them prints.

    Yields
    ------
    bool
        Whether there are several.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield False
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    torch.distributed.init_process_group(group_backend())
    try:
        with contextlib.ExitStack() as stack:
            if process_rank() > 0:
                nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
                stack.enter_context(contextlib.redirect_stdout(nowhere))
                stack.enter_context(contextlib.redirect_stderr(nowhere))
            yield True
    finally:
        torch.distributed.destroy_process_group()


def share_batches(forward_fn, model):
    """A `forward_fn` by which several processes train as one. Used in lesson 07.

    Each of n processes takes every n-th row of each batch, and
    DistributedDataParallel averages their gradients. As each share is
    weighted by its rows (by the weights of their classes, if there are any),
    this gives the gradient of the whole batch, however the rows divide. In
    evaluations every process computes all rows.

    Parameters
    ----------
    forward_fn : callable
    model : torch.nn.Module
        On its device already; it must be the one that is trained.

    Returns
    -------
    callable
        ``forward_fn(model, batch, device=...)``: the loss has the value of
        the whole batch and the gradient of this process' share.
    """
    rank, n_processes = process_rank(), torch.distributed.get_world_size()
    parallel = torch.nn.parallel.DistributedDataParallel(model)

    def forward(model, batch, device):
        if not torch.is_grad_enabled():
            return forward_fn(model, batch, device=device)
        n_rows = len(batch.label)
        share = type(batch)(*(part[min(rank, n_rows - 1) :: n_processes] for part in batch))
        # The order of batches is drawn from the generator outside, which must stay the same in all processes; dropout differs between them.
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(int(torch.randint(2**31, ())) + int(batch.subword.sum()) + rank)
            output = loss, hypothesis, label = forward_fn(parallel, share, device=device)
        n_own = len(range(rank, n_rows, n_processes))  # 0 if there are fewer rows than processes
        own = getattr(output, "weight", n_own)
        if isinstance(own, torch.Tensor):  # weights of classes: what a share counts is known only when all have said theirs
            own = own.detach() if n_own else torch.zeros_like(own)
            total = own.clone()
            torch.distributed.all_reduce(total)
        else:
            own, total = n_own, n_rows
        loss = n_processes * own / total * loss
        whole = loss.detach().clone()
        torch.distributed.all_reduce(whole)
        # with the same value everywhere, a loss that is not finite stops all processes at the same step
        return loss + (whole / n_processes - loss).detach(), hypothesis, label

    return forward


def main(argv=None):
    """``python -m helpers.script``: lesson 04 as a command, for one process or several. Used in lesson 07.

    With several, started by ``torchrun`` or ``accelerate launch``, each batch
    is shared among them, and the first one writes the files.

    Parameters
    ----------
    argv : list of str, optional
        Command-line arguments; those of the process by default.
    """
    language = language_option(argv)
    parser = argparse.ArgumentParser(prog="python -m helpers.script", description=message("script.description"), parents=[language])
    parser.add_argument("--preset", default="mini", help=message("script.help_preset"))
    parser.add_argument("--resume", action="store_true", help=message("script.help_resume"))
    parser.add_argument("--dropout", type=float, help=message("script.help_dropout"))
    parser.add_argument("--output", help=message("script.help_output"))
    options = parser.parse_args(argv)
    with joined_processes() as several:
        run_script(options, several)


def make_loaders(lesson, tokenizer):
    """Loaders of a lesson's training and validation data, with the batch size of its recipe."""
    train_set, valid_set = (DocumentSentimentDataset(path, tokenizer) for path in (lesson.train_path, lesson.valid_path))
    sizes = lesson.recipe.max_seq_len, lesson.recipe.batch_size
    return DocumentSentimentDataLoader(train_set, *sizes, shuffle=True), DocumentSentimentDataLoader(valid_set, *sizes)


def fine_tuned_folder(lesson):
    """The folder of lesson 04's model; where lesson 04 was not run, the same model is trained first. Used in lessons 05 to 08.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson

    Returns
    -------
    pathlib.Path
        For `helpers.model.load_model` and `helpers.model.load_tokenizer`.
    """
    folder, recipe = lesson.output_dir / "sentiment", lesson.recipe
    if not (folder / "model.safetensors").is_file():
        print(message("script.trains_first"))
        tokenizer = load_tokenizer(lesson.checkpoint)
        attention = attention_for_training(lesson.device)
        model = load_model(lesson.checkpoint, seed=lesson.seed, attn_implementation=attention).to(lesson.device)
        optimizer = make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate)
        train(
            model, *make_loaders(lesson, tokenizer), optimizer, forward_sequence_classification, document_sentiment_metrics_fn, "F1",
            INDEX2LABEL, recipe.n_epochs, gamma=recipe.gamma, seed=lesson.seed,
        )  # fmt: skip
        save_model(model, folder, tokenizer)
    return folder


def run_script(options, several):
    """Lesson 04 from data to saved model, with the options of `main`."""
    if several and process_rank() > 0:
        torch.distributed.barrier()  # what has to be downloaded is there once the first process has passed
    lesson = start(options.preset, options.language)
    if several and process_rank() == 0:
        torch.distributed.barrier()
    recipe = lesson.recipe
    folder = pathlib.Path(options.output or lesson.output_dir / "sentiment")
    device = lesson.device if not several or lesson.device.type == "cuda" else torch.device("cpu")
    tokenizer = load_tokenizer(lesson.checkpoint)
    model = load_model(lesson.checkpoint, seed=lesson.seed).to(device)
    for module in model.modules() if options.dropout is not None else ():
        if isinstance(module, torch.nn.Dropout):
            module.p = options.dropout
    train_loader, valid_loader = make_loaders(lesson, tokenizer)
    forward_fn = share_batches(forward_sequence_classification, model) if several else forward_sequence_classification
    history = train(
        model, train_loader, valid_loader, make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate), forward_fn, document_sentiment_metrics_fn,
        "F1", INDEX2LABEL, recipe.n_epochs, gamma=recipe.gamma, model_dir=folder, seed=lesson.seed, resume=options.resume,
    )  # fmt: skip
    if process_rank() == 0:
        evaluation = evaluate(model, valid_loader, forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL)
        write_atomically(folder / "history.csv", history.to_csv(index=False, lineterminator="\n").encode("utf-8"))
        metrics = ", ".join(f"{name} {value:.3f}" for name, value in evaluation.metrics.items())
        print(message("script.done", metrics=metrics, path=folder))


if __name__ == "__main__":
    main()
