"""A web demo that hides nothing, ``python -m helpers.demo --model FOLDER`` (built in lesson 07; needs gradio)."""

import argparse
import contextlib
import io

from helpers.data import encode_texts, text_problem
from helpers.evaluation import longest_row, predict
from helpers.messages import language_option, message
from helpers.model import load_model, load_tokenizer


def answer(text, model, tokenizer):
    """What a demo shows for a text: probabilities, and what the reader has to know about them. Built in lesson 07.

    Nothing of the text is written anywhere.

    Parameters
    ----------
    text : str
    model, tokenizer
        See `helpers.evaluation.predict`.

    Returns
    -------
    probabilities : dict of str to float
        By label; empty where there is no text.
    note : str
        Says which words were not read, and that of hardly any word is known.
    """
    if text_problem(text) is not None:
        return {}, message("demo.no_text")
    limit, notes = longest_row(model, tokenizer), []
    (row,) = encode_texts([text], tokenizer)
    with contextlib.redirect_stdout(io.StringIO()):  # the note below says it to the one who asked
        table = predict([text], model, tokenizer)
    if len(row) > limit:
        notes.append(message("demo.cut", unread=tokenizer.decode(row[limit - 1 : -1])))
    if table.attrs["mostly_unknown"]:
        notes.append(message("demo.unknown"))
    labels = list(table.attrs["label2index"])
    return {label: float(table[label][0]) for label in labels}, " ".join(notes)


def main(argv=None):
    """``python -m helpers.demo --model FOLDER``: opens the demo on this computer, for this computer."""
    language = language_option(argv)
    parser = argparse.ArgumentParser(prog="python -m helpers.demo", description=message("demo.description"), parents=[language])
    parser.add_argument("--model", required=True, help=message("many_rows.help_model"))
    options = parser.parse_args(argv)
    try:
        import gradio
    except ImportError:
        parser.exit(1, message("demo.no_gradio") + "\n")
    model, tokenizer = load_model(options.model), load_tokenizer(options.model)
    page = gradio.Interface(
        fn=lambda text: answer(text, model, tokenizer),
        inputs=gradio.Textbox(label=message("demo.text"), lines=3),
        outputs=[gradio.Label(label=message("demo.label")), gradio.Textbox(label=message("demo.note"))],
        title=message("demo.title"),
        description=message("demo.about"),
        flagging_mode="never",  # else a button stores what people typed
    )
    page.launch(share=False)  # a public link would let strangers in


if __name__ == "__main__":
    main()
