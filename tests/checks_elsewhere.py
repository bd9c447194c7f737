"""Helpers on the pretended accelerator of `elsewhere`, each compared with the CPU; run by tests/test_elsewhere.py in a process of its own."""

import functools
import json
import pathlib
import sys
import traceback

import elsewhere

elsewhere.pretend()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint  # noqa: E402
from tiny_training import differences, tiny_dataset, tiny_train  # noqa: E402
from transformers import AutoModel  # noqa: E402

from helpers import bugs, clinic, look_inside, toolbox  # noqa: E402
from helpers.batching import DocumentSentimentDataLoader  # noqa: E402
from helpers.data import INDEX2LABEL  # noqa: E402
from helpers.evaluation import document_sentiment_metrics_fn, predict, word_importance  # noqa: E402
from helpers.fingerprint import digest_weights  # noqa: E402
from helpers.many_rows import predict_chunk  # noqa: E402
from helpers.mask_cost import forget_mask_wide  # noqa: E402
from helpers.model import forward_sequence_classification, load_model, load_word_model, predict_masked_word  # noqa: E402
from helpers.training import evaluate, make_optimizer, save_model  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
TINY = write_tiny_checkpoint(FOLDER / "tiny")
THERE = torch.device(elsewhere.NAME)
TEXTS = ["rasa nya enak", "lambat dan jutek , saya kecewa sekali .", "biasa saja"]


def both(make, work):
    """What some work finds on the CPU and elsewhere."""
    return work(make()), work(make().to(THERE))


def same(here, there, tolerance=1e-5):
    """Whether two results, numbers or tables, are the same but for rounding; nothing at all is no result."""
    here, there = np.asarray(here, dtype=float), np.asarray(there, dtype=float)
    # NumPy stretches one shape to another's, and finds that nothing is close to anything
    return here.size > 0 and here.shape == there.shape and np.allclose(here, there, atol=tolerance, equal_nan=True)


def classifier():
    return load_model(TINY, attn_implementation="eager")


def batches():
    return list(DocumentSentimentDataLoader(tiny_dataset(12), batch_size=4))


def evaluating():
    """With and without weights of classes, and with a forgotten mask."""
    loader = DocumentSentimentDataLoader(tiny_dataset(10), batch_size=4)
    for forward_fn in (
        forward_sequence_classification,
        functools.partial(forward_sequence_classification, weight=[1, 5, 2]),
        forget_mask_wide,
    ):
        found = both(
            classifier, lambda model, forward_fn=forward_fn: evaluate(model, loader, forward_fn, document_sentiment_metrics_fn, INDEX2LABEL)
        )
        assert same(found[0].loss, found[1].loss) and found[0].list_hyp == found[1].list_hyp


def predicting():
    tables = both(classifier, lambda model: predict(TEXTS, model, bundled_tokenizer()))
    assert same(*(table.iloc[:, 2:] for table in tables))
    assert same(*both(classifier, lambda model: word_importance(TEXTS[1], model, bundled_tokenizer())["importance"]))
    assert same(*both(classifier, lambda model: predict_chunk(TEXTS, model, bundled_tokenizer(), 20, 2)[0].iloc[:, 1:]))
    assert digest_weights(classifier().state_dict()) == digest_weights(classifier().to(THERE).state_dict())


def training_and_resuming():
    """A run elsewhere is saved, resumed, and ends where one without interruption ends; its model is read on a CPU."""
    options = {"save_every": 2, "n_epochs": 2}
    whole, history, _ = tiny_train(TINY, model=load_model(TINY).to(THERE), **options)
    folder = FOLDER / "run"
    tiny_train(TINY, model=load_model(TINY).to(THERE), model_dir=folder, forward_fn=bugs.stop_after(8), **options)
    resumed, again, _ = tiny_train(TINY, model=load_model(TINY).to(THERE), model_dir=folder, resume=True, **options)
    results = [
        {
            "weights": {name: weight.cpu() for name, weight in model.state_dict().items()},
            "history": rows.to_dict("list"),
            "random": torch.zeros(1),
        }
        for model, rows in ((whole, history), (resumed, again))
    ]
    assert differences(*results) == []
    read = load_model(folder).state_dict()
    assert all(torch.equal(read[name], weight) for name, weight in results[0]["weights"].items())
    save_model(resumed, FOLDER / "saved", bundled_tokenizer())


def training_as_on_a_cpu():
    assert same(
        *(tiny_train(TINY, model=model, n_epochs=2)[1]["train_loss"] for model in (classifier(), classifier().to(THERE))), tolerance=1e-3
    )


def looking_inside():
    tokenizer = bundled_tokenizer()

    def body():
        return AutoModel.from_pretrained(TINY, dtype=torch.float32, attn_implementation="eager").eval()

    assert same(*both(body, lambda model: look_inside.head_habits(model, tokenizer, TEXTS)))
    assert same(*both(body, lambda model: look_inside.text_vectors(model, tokenizer, TEXTS, batch_size=2)))
    words = both(lambda: load_word_model(TINY), lambda model: predict_masked_word("rasa nya [MASK] .", tokenizer, model))
    assert same(words[0]["probability"], words[1]["probability"])


def bugs_of_the_game():
    learnt = batches()
    data = (learnt, learnt[0], learnt[1])
    bugs.EPOCHS, bugs.CANDIDATES = 1, 50
    for bug in (None, *bugs.BUGS):
        found = both(classifier, lambda model, bug=bug: list(bugs.symptoms(model, data, bug).values()))
        assert same(*found, tolerance=1e-3), (bug, found)


def reading_on():
    read = functools.partial(clinic.read_on, tokenizer=bundled_tokenizer(), texts=TEXTS, passes=2, batch_size=2)
    shares = both(lambda: load_word_model(TINY), lambda model: clinic.guessed_share(read(model), bundled_tokenizer(), TEXTS))
    assert shares[0] == shares[1]


def tools():
    for name, change in toolbox.METHODS.items():
        model = change(classifier().to(THERE))
        found = toolbox.measure_step(model, make_optimizer(model, 1e-4), batches(), times=1, dtype=torch.bfloat16, parts=2)
        assert found["mb"] > 0 and found["ms"] > 0, name


CHECKS = [evaluating, predicting, training_and_resuming, training_as_on_a_cpu, looking_inside, bugs_of_the_game, reading_on, tools]


def refused(work):
    """Whether something raises what a GPU would raise."""
    try:
        work()
    except (RuntimeError, TypeError, IndexError):
        return True
    return False


def refusing():
    """What fails on a GPU must fail here: else the other checks prove nothing."""
    there, here = torch.ones(3, 4).to(THERE), torch.ones(3, 4)
    assert torch.equal((there + 1).cpu(), here + 1) and torch.equal(there.sum().cpu() + here, here + 12)
    faults = [lambda: there + here, lambda: there.numpy(), lambda: np.asarray(there), lambda: here[torch.tensor([0]).to(THERE)]]
    faults += [
        lambda: torch.nn.Linear(4, 2)(there),
        lambda: torch.equal(there, here),
        lambda: here.index_put_((torch.tensor([0]),), there[:1]),
    ]
    faults += [
        lambda: classifier().to(THERE)(input_ids=batches()[0].subword),
        lambda: torch.nn.functional.cross_entropy(there, torch.zeros(3).long()),
    ]
    assert [refused(fault) for fault in faults] == [True] * len(faults)
    assert same([1.0], [1.0]) and not same([], []) and not same([], [1.0]) and not same([1.0], [[1.0, 1.0]])


def main():
    """Write a JSON object to standard output's last line: by check None, or the traceback of its failure."""
    found = {}
    for check in (refusing, *CHECKS):
        try:
            check()
            found[check.__name__] = None
        except Exception:
            found[check.__name__] = traceback.format_exc()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
