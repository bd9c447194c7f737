"""What can only fail later, or goes wrong unseen, is refused before the first batch: in words, and all of it at once."""

import copy
import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint
from tiny_training import tiny_dataset, tiny_train

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, LABEL2INDEX, DataError, DocumentSentimentDataset
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import WriteError
from helpers.fit import CheckpointError
from helpers.messages import message
from helpers.model import forward_sequence_classification, load_model
from helpers.training import TrainingError, evaluate, make_optimizer, train
from helpers.training_checks import DOMAINS, Recipe, copy_function, refuse

COUNTS = ("n_epochs", "evaluate_every", "early_stop", "step_size", "save_every")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(tiny):
    return load_model(tiny)


def never(*arguments, **options):
    raise AssertionError("a batch was computed")


def refused(tiny, error=TrainingError, **changes):
    """The texts by which this training is refused before its first batch."""
    return refusals(error, tiny_train, tiny, **{"forward_fn": never, **changes})


def said(texts, *expected):
    for text in texts.values():
        for part in expected:
            assert str(part) in text, text


# ---------------------------------------------------------------------- numbers

WRONG_NUMBERS = {
    **{name: [0, -1, 1.5, 2.0, True, None, "3", math.nan, math.inf] for name in COUNTS},
    "seed": [-1, 1.5, None, True, "42"],
    "gamma": [0, -0.5, 1.01, math.nan, math.inf, None, True, "0.5"],
    "max_norm": [0, -1.0, math.nan, None, "10"],
    "warmup_share": [-0.1, 1.1, math.nan, None, "0.1"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG_NUMBERS.items() for value in values])
def test_a_number_outside_its_domain_is_refused_with_its_name_and_value(tiny, model, name, value):
    said(refused(tiny, model=model, **{name: value}), name, repr(value))


def test_every_number_of_a_run_has_a_domain():
    assert set(DOMAINS) == set(Recipe.__dataclass_fields__) - {"valid_criterion"}


@pytest.mark.parametrize("rate", [0.0, -1e-3, math.nan, math.inf])
def test_a_learning_rate_that_trains_nothing_is_refused(tiny, model, rate):
    optimizer = make_optimizer(model, 1e-3)
    optimizer.param_groups[0]["lr"] = rate
    said(refused(tiny, model=model, optimizer=optimizer), "learning_rate", rate)


def test_all_problems_are_said_at_once(tiny, model):
    texts = refused(tiny, model=model, n_epochs=0, gamma=0, i2w=LABEL2INDEX, optimizer=make_optimizer(torch.nn.Linear(1, 1), 0.1))
    said(texts, "n_epochs", "gamma", "i2w", "make_optimizer", 4)


def test_numbers_of_numpy_are_taken_and_can_be_resumed(tiny, tmp_path):
    options = {"n_epochs": np.int64(1), "seed": np.int32(3), "gamma": np.float32(0.5), "max_norm": np.float64(1), "model_dir": tmp_path}
    _, history, _ = tiny_train(tiny, **options)
    assert tiny_train(tiny, **options, resume=True)[1].equals(history)


wrong_counts = st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.none(), st.text(max_size=3))
wrong_shares = st.one_of(
    st.floats(max_value=0, exclude_max=True), st.floats(min_value=1, exclude_min=True), st.just(math.nan), st.booleans(), st.none(), st.text(max_size=3)
)  # fmt: skip
wrong_numbers = st.one_of(
    st.tuples(st.sampled_from(COUNTS), wrong_counts),
    st.tuples(st.just("seed"), st.one_of(st.integers(max_value=-1), st.floats(), st.booleans(), st.none())),
    st.tuples(st.sampled_from(("gamma", "warmup_share")), wrong_shares),
    st.tuples(st.just("max_norm"), st.one_of(st.floats(max_value=0), st.just(math.nan), st.booleans(), st.none())),
)
right_numbers = st.fixed_dictionaries(
    {
        "n_epochs": st.integers(1, 2),
        "evaluate_every": st.integers(1, 10**6),
        "early_stop": st.integers(1, 10**6),
        "step_size": st.integers(1, 10**6),
        "save_every": st.integers(1, 10**6),
        "seed": st.integers(0, 2**63 - 1),
        "gamma": st.floats(0, 1, exclude_min=True),
        "max_norm": st.one_of(st.floats(1e-6, 1e6), st.just(math.inf)),
        "warmup_share": st.floats(0, 1),
    }
)


@settings(deadline=None)
@given(wrong=st.lists(wrong_numbers, min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
def test_whatever_number_is_wrong_it_is_refused_by_name(wrong):
    recipe = Recipe(3, 1, 3, 1, 0.5, 10.0, 0.1, 42, 500, "F1")
    problems = Recipe(**{**vars(recipe), **dict(wrong)}).problems()
    assert len(problems) == len(wrong)
    assert all(any(problem.startswith(name) for problem in problems) for name, _ in wrong)


@settings(deadline=None, max_examples=15)
@given(numbers=right_numbers)
def test_whatever_numbers_are_right_a_training_runs_to_its_end(tiny, numbers):
    _, history, _ = tiny_train(tiny, train_loader=DocumentSentimentDataLoader(tiny_dataset(6), batch_size=4, shuffle=True), **numbers)
    assert history["epoch"].iloc[-1] == numbers["n_epochs"] or len(history) >= numbers["early_stop"]


# --------------------------------------------------------- model and optimizer


def test_the_optimizer_of_a_model_loaded_before_is_refused(tiny, model):
    old = make_optimizer(load_model(tiny), 1e-3)
    said(refused(tiny, model=model, optimizer=old), "make_optimizer(model, learning_rate)")


def test_an_optimizer_of_two_models_is_refused(tiny, model):
    both = torch.optim.AdamW([*model.parameters(), *load_model(tiny).classifier.parameters()])
    said(refused(tiny, model=model, optimizer=both), 2)


def test_an_optimizer_of_some_weights_is_refused_with_the_others_names(tiny, model):
    said(refused(tiny, model=model, optimizer=make_optimizer(model.classifier, 1e-3)), "bert.embeddings", "requires_grad_(False)")


def test_a_model_that_is_frozen_altogether_is_refused(tiny):
    frozen = load_model(tiny).requires_grad_(False)
    said(refused(tiny, model=frozen), "requires_grad")


def test_frozen_layers_are_fine_whether_the_optimizer_holds_them_or_not(tiny):
    for whole in (True, False):
        model = load_model(tiny)
        model.bert.requires_grad_(False)
        before = model.bert.embeddings.word_embeddings.weight.clone()
        optimizer = make_optimizer(model if whole else model.classifier, 1e-2)
        _, history, _ = tiny_train(tiny, model=model, optimizer=optimizer)
        assert torch.equal(model.bert.embeddings.word_embeddings.weight, before)
        assert history["train_loss"].nunique() > 1


def test_the_rate_that_the_caller_gives_is_used_also_after_another_training(tiny):
    model = load_model(tiny)
    optimizer = make_optimizer(model, 1e-3)
    first = tiny_train(tiny, model=model, optimizer=optimizer, n_epochs=2, warmup_share=0)[1]
    again = tiny_train(tiny, model=model, optimizer=optimizer, n_epochs=1, warmup_share=0)[1]
    optimizer.param_groups[0]["lr"] = 1e-6
    third = tiny_train(tiny, model=model, optimizer=optimizer, n_epochs=1, warmup_share=0)[1]
    assert [history["learning_rate"][0] for history in (first, again, third)] == pytest.approx([1e-3, 1e-3, 1e-6])


def test_the_optimizer_is_given_back_with_its_rate_also_after_ctrl_c_and_a_refusal(tiny):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    def fail(*arguments, **options):
        raise OSError

    for forward_fn, error in ((interrupt, None), (fail, OSError), (forward_sequence_classification, None)):
        model = load_model(tiny)
        optimizer = make_optimizer(model, 1e-3)
        if error is None:
            tiny_train(tiny, model=model, optimizer=optimizer, forward_fn=forward_fn)
        else:
            with pytest.raises(error):
                tiny_train(tiny, model=model, optimizer=optimizer, forward_fn=forward_fn)
        assert [(group["lr"], "initial_lr" in group) for group in optimizer.param_groups] == [(1e-3, False)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_model_in_half_precision_is_refused_with_what_to_do(tiny, dtype):
    said(refused(tiny, model=load_model(tiny).to(dtype)), "float32", "model.float()", str(dtype).removeprefix("torch."))


# -------------------------------------------------------------------- label maps


def labelled(label2index, loader="train_loader"):
    """A loader whose dataset says that it has this map."""
    dataset = tiny_dataset(20)
    dataset.label2index = label2index
    return {loader: DocumentSentimentDataLoader(dataset, batch_size=4)}


WRONG_I2W = {
    "the other way round": LABEL2INDEX,
    "too few": {0: "positive", 1: "neutral"},
    "too many": {**INDEX2LABEL, 3: "mixed"},
    "from 1": {1: "positive", 2: "neutral", 3: "negative"},
    "keys as text": {str(index): label for index, label in INDEX2LABEL.items()},
    "a name twice": {0: "positive", 1: "positive", 2: "negative"},
    "a set": {"positive", "neutral", "negative"},
    "a text": "abc",
    "nothing": None,
    "empty": {},
}


@pytest.mark.parametrize("case", WRONG_I2W)
def test_an_i2w_that_does_not_name_the_models_classes_is_refused(tiny, model, case):
    said(refused(tiny, model=model, i2w=WRONG_I2W[case]), "i2w", 3)


def test_an_i2w_the_other_way_round_is_known_as_such(tiny, model):
    said(refused(tiny, model=model, i2w=LABEL2INDEX), "INDEX2LABEL, ")


def test_a_list_of_names_is_an_i2w_too(tiny):
    assert len(tiny_train(tiny, i2w=list(INDEX2LABEL.values()), n_epochs=1)[1]) == 1


SWAPPED = {"negative": 0, "neutral": 1, "positive": 2}


def test_maps_that_differ_are_refused_with_whose_they_are(tiny, model):
    for loader in ("train_loader", "valid_loader"):
        said(refused(tiny, model=model, **labelled(SWAPPED, loader)), f"{loader}.dataset", SWAPPED, LABEL2INDEX)
    for texts in (refused(tiny, model=load_model(tiny, SWAPPED)), refused(tiny, model=model, i2w={0: "a", 1: "b", 2: "c"})):
        said(texts, "model.config", "i2w")


def test_one_map_for_data_model_and_names_is_fine_whatever_its_labels(tiny):
    own = {"keluhan": 0, "info": 1, "pujian": 2}
    model = load_model(tiny, own)
    history = tiny_train(tiny, model=model, i2w={i: name for name, i in own.items()}, n_epochs=1, **labelled(own),
                         valid_loader=labelled(own)["train_loader"])[1]  # fmt: skip
    assert len(history) == 1


def test_a_map_that_nobody_states_is_not_compared(tiny):
    assert len(tiny_train(tiny, n_epochs=1, **labelled(None))[1]) == 1


def test_a_model_without_names_for_its_classes_gets_those_of_i2w(tiny, tmp_path):
    model = load_model(tiny)
    model.config.id2label = {index: f"LABEL_{index}" for index in range(3)}
    model.config.label2id = {f"LABEL_{index}": index for index in range(3)}
    tiny_train(tiny, model=model, n_epochs=1, model_dir=tmp_path)
    assert model.config.id2label == INDEX2LABEL
    assert load_model(tmp_path).config.label2id == LABEL2INDEX


@pytest.mark.parametrize(("labels", "row", "found"), [([0, 1, 3], 3, 3), ([0, -1, 2], 2, -1), ([5, 5, 5], 1, 5)])
@pytest.mark.parametrize("loader", ["train_loader", "valid_loader"])
def test_labels_outside_the_head_are_refused_with_row_and_label(tiny, model, labels, row, found, loader):
    dataset = tiny_dataset(3)
    dataset.labels, dataset.label2index = labels, None
    said(refused(tiny, model=model, **{loader: DocumentSentimentDataLoader(dataset, batch_size=4)}), loader, row, found)


def test_evaluation_refuses_wrong_names_and_labels_too(tiny, model):
    dataset = tiny_dataset(3)
    for i2w, labels, expected in ((LABEL2INDEX, [0, 1, 2], "INDEX2LABEL"), (INDEX2LABEL, [0, 1, 3], "0 sampai 2|0 to 2")):
        dataset.labels = labels
        loader = DocumentSentimentDataLoader(dataset)
        texts = refusals(TrainingError, evaluate, model, loader, never, document_sentiment_metrics_fn, i2w)
        assert all(any(part in text for part in expected.split("|")) for text in texts.values())


names = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), min_size=3, max_size=3, unique=True)


@settings(deadline=None, max_examples=50)
@given(model_names=names, data_names=names, own_names=names, same=st.sets(st.sampled_from(("model", "data"))))
def test_maps_are_accepted_exactly_if_they_agree(tiny, model, model_names, data_names, own_names, same):
    model_names = own_names if "model" in same else model_names
    data_names = own_names if "data" in same else data_names
    model.config.id2label = dict(enumerate(model_names))
    model.config.label2id = {name: index for index, name in enumerate(model_names)}
    agree = model_names == data_names == own_names
    loaders = {
        **labelled({name: index for index, name in enumerate(data_names)}),
        "valid_loader": DocumentSentimentDataLoader(tiny_dataset(9)),
    }
    loaders["valid_loader"].dataset.label2index = None
    try:
        with pytest.raises(AssertionError if agree else TrainingError) as caught:
            tiny_train(tiny, model=model, i2w=dict(enumerate(own_names)), forward_fn=never, **loaders)
        assert agree or "i2w" in str(caught.value)
    finally:
        model.config.id2label, model.config.label2id = dict(INDEX2LABEL), dict(LABEL2INDEX)


# ----------------------------------------------------------------------- loaders


class Rows(list):
    """Somebody's own loader: batches in a list."""


def empty_loaders():
    dataset = tiny_dataset(3)
    few = torch.utils.data.DataLoader(dataset, batch_size=8, drop_last=True, collate_fn=DocumentSentimentDataLoader(dataset)._collate_fn)
    return {"no rows": torch.utils.data.DataLoader([]), "no batch": Rows(), "one batch that is not full": few}


@pytest.mark.parametrize("case", empty_loaders())
@pytest.mark.parametrize("name", ["train_loader", "valid_loader"])
def test_a_loader_that_gives_no_rows_is_refused(tiny, model, case, name):
    said(refused(tiny, DataError, model=model, **{name: empty_loaders()[case]}), name)


@pytest.mark.parametrize("case", empty_loaders())
def test_evaluation_of_no_rows_is_refused(model, case):
    refusals(DataError, evaluate, model, empty_loaders()[case], never, document_sentiment_metrics_fn, INDEX2LABEL)


def test_a_validation_loader_that_leaves_rows_out_is_refused(tiny, model):
    dataset = tiny_dataset(9)
    collate = DocumentSentimentDataLoader(dataset)._collate_fn
    loaders = [torch.utils.data.DataLoader(dataset, batch_size=size, drop_last=True, collate_fn=collate) for size in (4, 3)]
    said(refused(tiny, DataError, model=model, valid_loader=loaders[0]), "valid_loader", "drop_last=False")
    assert len(tiny_train(tiny, valid_loader=loaders[1], train_loader=loaders[0], n_epochs=1)[1]) == 1


def test_batches_in_a_list_are_a_loader_too(tiny):
    batches = list(DocumentSentimentDataLoader(tiny_dataset(9), batch_size=4))
    _, history, _ = tiny_train(tiny, train_loader=batches, valid_loader=batches, n_epochs=1)
    assert len(history) == 1


KINDS = {
    "train_loader": lambda: tiny_dataset(3),
    "valid_loader": lambda: "valid.tsv",
    "optimizer": lambda: 1e-3,
    "forward_fn": lambda: None,
    "metrics_fn": lambda: "F1",
    "valid_criterion": lambda: document_sentiment_metrics_fn,
}


@pytest.mark.parametrize("name", KINDS)
def test_something_else_altogether_is_refused_by_the_name_of_its_place(tiny, model, name):
    wrong = KINDS[name]()
    said(refused(tiny, **{"model": model, name: wrong}), name, type(wrong).__name__)


def test_a_path_in_the_place_of_the_model_is_refused():
    said(refusals(TrainingError, train, "model", [], [], None, never, never, "F1", INDEX2LABEL, 1), "model", "str")


def test_validating_on_the_training_data_is_said(tiny, capsys):
    loaders = [DocumentSentimentDataLoader(tiny_dataset(9), batch_size=4) for _ in range(2)]
    tiny_train(tiny, train_loader=loaders[0], valid_loader=loaders[1], n_epochs=1)
    assert message("training.same_rows") in capsys.readouterr().out
    tiny_train(tiny, n_epochs=1)
    assert message("training.same_rows") not in capsys.readouterr().out


def test_a_tokenizer_with_more_entries_than_the_model_knows_is_refused(tiny, model):
    tokenizer = copy.deepcopy(bundled_tokenizer())
    tokenizer.add_tokens(["[PRODUK]"])
    loader = DocumentSentimentDataLoader(DocumentSentimentDataset(tiny_dataset(9).data, tokenizer), batch_size=4)
    for name in ("train_loader", "valid_loader"):
        said(refused(tiny, CheckpointError, model=model, **{name: loader}), len(tokenizer))


# ----------------------------------------------------------------------- metrics


def failing(list_hyp, list_label):
    raise ValueError("pos_label=1 is not a valid label")


WRONG_METRICS = {
    "a criterion of another case": ({"valid_criterion": "f1"}, "ACC, F1, REC, PRE"),
    "one that always fails": ({"metrics_fn": failing}, "ValueError: pos_label=1"),
    "no dict": ({"metrics_fn": lambda hyp, label: 0.5}, "dict"),
    "no number": ({"metrics_fn": lambda hyp, label: {"F1": "baik"}}, "baik"),
    "a column's name": ({"metrics_fn": lambda hyp, label: {"F1": 1.0, "epoch": 3}}, "epoch"),
    "too few arguments": ({"metrics_fn": lambda hyp: {"F1": 1.0}}, "TypeError"),
}


@pytest.mark.parametrize("case", WRONG_METRICS)
def test_metrics_that_can_only_fail_after_an_epoch_are_refused_before(tiny, model, case):
    changes, expected = WRONG_METRICS[case]
    said(refused(tiny, model=model, **changes), expected)


def counting_metrics():
    """Metrics functions that remember how often they were called, each in a way of its own, and how to ask them."""
    calls, scores = [], iter((0.1, 0.2, 0.3))
    count = 0

    def by_nonlocal(hyp, label):
        nonlocal count
        count += 1
        return {"F1": count / 10}

    def by_list(hyp, label):
        calls.append(1)
        return {"F1": len(calls) / 10}

    def by_default(hyp, label, calls=[]):  # noqa: B006
        calls.append(1)
        return {"F1": len(calls) / 10}

    class Scorer:
        count = 0

        def __call__(self, hyp, label):
            self.count += 1
            return {"F1": self.count / 10}

        def score(self, hyp, label):
            return self(hyp, label)

    def of(calls, hyp, label):
        calls.append(1)
        return {"F1": len(calls) / 10}

    generator = (score for score in (0.1, 0.2, 0.3))
    return {
        "an iterator": lambda hyp, label: {"F1": next(scores)},
        "a generator": lambda hyp, label: {"F1": next(generator)},
        "a count": by_nonlocal,
        "a list": by_list,
        "a default": by_default,
        "an object": Scorer(),
        "a method": Scorer().score,
        "a partial": functools.partial(of, []),
    }


@pytest.mark.parametrize("case", counting_metrics())
def test_the_trial_of_the_metrics_leaves_no_trace(tiny, case):
    _, history, _ = tiny_train(tiny, metrics_fn=counting_metrics()[case])
    assert history["F1"].tolist() == [0.1, 0.2, 0.3]


calls_of_a_module = 0


def counting_globally(hyp, label):
    global calls_of_a_module
    calls_of_a_module += 1
    return {"F1": calls_of_a_module / 10}


def test_the_trial_of_the_metrics_leaves_a_modules_variables_alone():
    assert copy_function(counting_globally)([], []) == {"F1": 0.1}
    assert calls_of_a_module == 0


def test_the_metrics_are_tried_on_the_true_labels_of_the_validation_rows(tiny):
    seen = []

    class Watch:
        def __deepcopy__(self, memo):
            return self

        def __call__(self, hyp, label):
            seen.append((hyp, label))
            return {"F1": 1.0}

    tiny_train(tiny, metrics_fn=Watch(), n_epochs=1)
    true = [INDEX2LABEL[label] for label in tiny_dataset(9, first=50).labels]
    assert seen[0] == (true, true)
    assert len(seen) == 2


# ------------------------------------------------------------------------ folder


def test_a_folder_that_cannot_be_made_is_refused_before_the_first_batch(tiny, tmp_path):
    (tmp_path / "berkas").write_text("bukan folder")
    said(refused(tiny, WriteError, model_dir=tmp_path / "berkas"), "berkas")


def test_an_experiment_may_have_a_number(tiny, tmp_path):
    tiny_train(tiny, model_dir=tmp_path, exp_id=7, n_epochs=1)
    assert (tmp_path / "7" / "model.safetensors").is_file()


def test_no_problems_are_no_refusal():
    refuse([])
