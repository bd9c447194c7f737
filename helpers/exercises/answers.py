"""What a check needs to look at a learner's answer, whatever that answer is.

Each function returns the answer in a form that a check can compare, or raises
`Mistake` with the name of what is wrong with it. An answer may be anything:
a placeholder, a text, a tensor, a function that fails.
"""

import copy
import math
import numbers as kinds

SHOWN_LETTERS = 60  # of an answer, in a message


class Mistake(Exception):
    """What is wrong with an answer.

    Attributes
    ----------
    name : str
        Its text is found under this name, in the lesson's file in
        ``data/exercises/`` or, for mistakes of every exercise, in
        `helpers.messages` as ``exercises.NAME``.
    values : dict
        What the text has in braces.
    """

    def __init__(self, name, **values):
        super().__init__(name)
        self.name, self.values = name, values


def described(value):
    """A value in a few words: its type and, if there is one, its shape or the value itself.

    Examples
    --------
    >>> described("tiga"), described([1, 2])
    ("str 'tiga'", 'list [1, 2]')
    """
    name = type(value).__name__
    try:
        text = f"shape {tuple(value.shape)}" if hasattr(value, "shape") else repr(value)
    except Exception as error:  # an object of the learner's may fail even here
        text = f"({type(error).__name__})"
    return f"{name} {text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + ' …'}"


def require_answer(value):
    """Refuse a placeholder, bare or inside a collection, and the None of a function that returns nothing.

    Raises
    ------
    Mistake
        ``unanswered`` or ``nothing``.
    """
    if value is ...:
        raise Mistake("unanswered")
    if value is None:
        raise Mistake("nothing")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set)) else ()
    for part in inner:
        if part is not None:
            require_answer(part)
    return value


def plain(value):
    """A tensor, array or Series as Python numbers: one number if it holds one, else nested lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
    return value


def number(value):
    """An answer as a float; a tensor or array with one element counts as a number.

    Raises
    ------
    Mistake
        ``unanswered``, ``nothing``, ``not_a_number`` or ``not_finite``.

    Examples
    --------
    >>> number(3), number(0.5)
    (3.0, 0.5)
    """
    found = plain(require_answer(value))
    if isinstance(found, bool) or not isinstance(found, kinds.Real):
        raise Mistake("not_a_number", found=described(value))
    try:
        found = float(found)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Mistake("not_finite", found=found)
    return found


def numbers(value, length=None):
    """An answer as a list of floats, from a list, tuple, one-dimensional tensor, array or Series.

    Parameters
    ----------
    value : object
    length : int, optional
        How many are expected.

    Raises
    ------
    Mistake
        Those of `number`, ``not_a_list`` or ``wrong_length``.

    Examples
    --------
    >>> numbers((1, 2))
    [1.0, 2.0]
    """
    found = require_answer(value)
    if hasattr(found, "tolist"):
        found = found.tolist()
    if not isinstance(found, (list, tuple)):
        raise Mistake("not_a_list", found=described(value))
    if length is not None and len(found) != length:
        raise Mistake("wrong_length", found=len(found), wanted=length)
    return [number(part) for part in found]


def called(function, *arguments):
    """What a learner's function returns for copies of some arguments.

    Raises
    ------
    Mistake
        ``not_a_function``; ``raised``, when it fails; ``unanswered`` or
        ``nothing``, when it returns a placeholder or nothing.
    """
    if not callable(require_answer(function)):
        raise Mistake("not_a_function", found=described(function))
    try:
        result = function(*copy.deepcopy(arguments))
    except (Exception, SystemExit) as error:
        shown = ", ".join(getattr(argument, "__name__", None) or repr(argument) for argument in arguments)
        call = f"{getattr(function, '__name__', 'function')}({shown})"
        raise Mistake("raised", call=call[: 2 * SHOWN_LETTERS], error=f"{type(error).__name__}: {error}") from error
    return require_answer(result)


def close(found, wanted, tolerance=1e-3):
    """Whether two numbers agree within an absolute tolerance; three decimals of a result are enough by default.

    Examples
    --------
    >>> close(0.6667, 2 / 3), close(0.66, 2 / 3)
    (True, False)
    """
    return abs(found - wanted) <= tolerance * max(1.0, abs(wanted))
