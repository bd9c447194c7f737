"""The mini model as the reader's browser runs it: fine-tuned by lesson 4's recipe, written as ONNX, each number in two bytes.

The weights of mini IndoBERT are stored in half precision anyway, so that the
model that guesses words loses nothing. Those that fine-tuning moved are
rounded, and `rounding_cost` measures what that changes. Computed is in single
precision, in the browser as in PyTorch.
"""

import os

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import AutoModelForMaskedLM

from helpers.data import INDEX2LABEL, load_dataset
from helpers.device import choose_device
from helpers.evaluation import document_sentiment_metrics_fn, predict
from helpers.files import MINI
from helpers.lesson import PRESETS, Lesson, find_data, set_seed
from helpers.model import load_model, load_tokenizer
from helpers.script import fine_tuned_folder
from helpers.sharing import Logits, any_size, example_batch, expected_remarks_silenced

SEED = 42
EAGER = "eager"  # the one implementation of attention that hands its weights out
LABELS = [INDEX2LABEL[index] for index in range(len(INDEX2LABEL))]


def lesson_to_train(folder, real):
    """What lesson 4 would have in its variable ``lesson``, on the real SmSA or on the sample.

    Parameters
    ----------
    folder : pathlib.Path
        Where the fine-tuned model is kept.
    real : bool

    Returns
    -------
    helpers.lesson.Lesson

    Raises
    ------
    helpers.lesson.LessonError
        ``SMSA_DIR`` names a folder without the data.
    """
    preset = "laptop" if real else "mini"
    recipe = PRESETS[preset]
    data, names = find_data(recipe)
    return Lesson(preset, recipe, "id", choose_device(), SEED, *(data / name for name in names), MINI, folder)


def real_data_wanted():
    """Whether ``SMSA_DIR`` names the real SmSA."""
    return bool(os.environ.get("SMSA_DIR"))


def fine_tuned(lesson):
    """The classifier of lesson 4's recipe, trained where it was not yet; on the CPU.

    Returns
    -------
    transformers.PreTrainedModel
    """
    set_seed(lesson.seed)
    return load_model(fine_tuned_folder(lesson), attn_implementation=EAGER).eval()


def word_model():
    """Mini IndoBERT with its head that guesses words, on the CPU.

    Returns
    -------
    transformers.PreTrainedModel
    """
    return AutoModelForMaskedLM.from_pretrained(MINI, dtype=torch.float32, attn_implementation=EAGER).eval()


def halved(model):
    """The same model with each weight rounded to half precision and back, as the browser gets it."""
    return model.half().float()


class Words(Logits):
    """Subwords and mask to logits ``[batch, seq_len, vocabulary]`` and attention ``[layers, batch, heads, seq_len, seq_len]``."""

    def forward(self, subword, mask):
        """Logits of each position, and what each head looks at."""
        output = self.model(input_ids=subword, attention_mask=mask, output_attentions=True)
        return output.logits, torch.stack(output.attentions)


FORMS = {"sentiment": (Logits, ["logits"]), "words": (Words, ["logits", "attention"])}


def export(model, form):
    """A model as the bytes of an ONNX file.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        On the CPU, with `EAGER` attention.
    form : {"sentiment", "words"}
        Which outputs it gives; see `FORMS`.

    Returns
    -------
    bytes
    """
    wrapped, outputs = FORMS[form]
    with torch.no_grad(), expected_remarks_silenced():
        program = torch.onnx.export(
            wrapped(model).eval(), example_batch(), None, input_names=["subword", "mask"], output_names=outputs,
            dynamic_shapes=(any_size("subword"), any_size("mask")), external_data=False, verbose=False,
        )  # fmt: skip
    return in_half_precision(program.model_proto).SerializeToString()


def in_half_precision(model):
    """Store in two bytes what loses nothing by it; the file itself says that it is made single precision again before computing.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed.

    Returns
    -------
    onnx.ModelProto
    """
    kept, casts = [], []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        with numpy.errstate(over="ignore"):  # what is too large for two bytes is kept, below
            short = values.astype("float16") if weight.data_type == TensorProto.FLOAT and values.size > 1 else None
        if short is None or (short.astype("float32") != values).any():
            kept.append(weight)
            continue
        kept.append(numpy_helper.from_array(short, f"{weight.name}_half"))
        casts.append(helper.make_node("Cast", [f"{weight.name}_half"], [weight.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:], model.graph.value_info[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def rounding_cost(texts, model, rounded, tokenizer):
    """The largest change of a probability that rounding made, over some texts."""
    before, after = (predict(texts, each, tokenizer)[LABELS].to_numpy() for each in (model, rounded))
    return float(abs(before - after).max())


def make_models(folder, real):
    """Both models as ONNX, and what is to be said about them.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the fine-tuned model afterwards, so that it need not be trained again.
    real : bool
        On the real SmSA, not on the sample.

    Returns
    -------
    models : dict of str to bytes
        By the names of `FORMS`.
    facts : dict
        ``data`` (``"smsa"`` or ``"sample"``), ``train_rows``, ``valid_rows``,
        ``f1`` on these, ``rounding`` (see `rounding_cost`), ``labels``,
        ``max_seq_len``, ``layers``, ``heads``.
    """
    lesson = lesson_to_train(folder, real)
    tokenizer, model, words = load_tokenizer(MINI), fine_tuned(lesson), word_model()
    valid, train_rows = load_dataset(lesson.valid_path), len(load_dataset(lesson.train_path))
    rounded = halved(load_model(fine_tuned_folder(lesson), attn_implementation=EAGER).eval())
    guesses = [LABELS.index(label) for label in predict(valid["text"], rounded, tokenizer)["label"]]
    facts = {
        "data": "smsa" if real else "sample", "train_rows": train_rows, "valid_rows": len(valid), "labels": LABELS,
        "f1": document_sentiment_metrics_fn(guesses, valid["label"].tolist())["F1"],
        "rounding": rounding_cost(valid["text"], model, rounded, tokenizer), "max_seq_len": lesson.recipe.max_seq_len,
        "layers": model.config.num_hidden_layers, "heads": model.config.num_attention_heads,
    }  # fmt: skip
    return {"sentiment": export(rounded, "sentiment"), "words": export(halved(words), "words")}, facts
