"""Every figure of the lessons, in one style: readable in grey and at laptop width.

Each function draws one figure, shows it together with a text that says the
same for those who cannot see it, and returns nothing. Titles and axis labels
come from the lesson, in its language.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

from helpers.messages import message

COLORS = ("#12395b", "#e8a33d", "#7fb6d9", "#8a8a8a", "#b5482e")
HATCHES = ("", "//", "..", "xx", "--")
LINES = ("-", "--", "-.", ":", (0, (1, 3)))
MARKERS = ("o", "s", "^", "D", "v")
STYLE = {
    "figure.figsize": (7.0, 3.6),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a review may hold dollar signs
}


def new_figure(title, xlabel="", ylabel="", height=None):
    """An empty figure in the project's style."""
    with plt.rc_context(STYLE):
        width, usual_height = STYLE["figure.figsize"]
        figure, axes = plt.subplots(figsize=(width, height or usual_height), dpi=STYLE["figure.dpi"], layout="constrained")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return figure, axes


def show(figure, alt):
    """Show a figure once, with its alternative text, and close it."""
    with plt.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a review may hold letters that the font lacks
        display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def number(value):
    """A number in few digits, as text.

    Examples
    --------
    >>> number(1234567), number(600), number(0.8213), number(12.345), number(0.0005)
    ('1234567', '600', '0.821', '12.3', '5.0e-04')
    """
    value = float(value)
    if value.is_integer():
        return f"{value:.0f}"
    if 0 < abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def listed(values):
    """Name and value pairs as one line of text."""
    return ", ".join(f"{name} {number(value)}" for name, value in values)


def plot_bars(values, title, xlabel="", highlight=()):
    """Horizontal bars, one a row of a Series, the first on top.

    Parameters
    ----------
    values : pandas.Series
        Its index names the bars.
    title, xlabel : str
    highlight : collection of str
        Bars drawn hatched and lighter: the ones that the text speaks of.
    """
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, height=0.9 + 0.34 * len(values))
        for position, (name, value) in enumerate(values.items()):
            marked = name in highlight
            axes.barh(position, value, color=COLORS[1] if marked else COLORS[0], hatch="//" if marked else "", edgecolor="white")
            axes.annotate(number(value), (value, position), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set_yticks(range(len(values)), [str(name) for name in values.index])
        axes.invert_yaxis()
        axes.margins(x=0.12)
    show(figure, message("plots.bars", title=title, values=listed(values.items())))


def plot_scores(board, names, title, xlabel=""):
    """The scoreboard: for each method two bars, with a line from the lowest to the highest seed.

    Parameters
    ----------
    board : pandas.DataFrame
        From `helpers.scoreboard.board_numbers`.
    names : tuple of (str, str)
        What the bars stand for: this preset's data, and the real SmSA.
    title, xlabel : str
    """
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, height=1.2 + 0.56 * len(board))
        for side, (prefix, name) in enumerate(zip(("", "smsa_"), names)):
            place = np.arange(len(board)) + 0.36 * (side - 0.5)
            mean, low, high = (board[prefix + column] for column in ("mean", "low", "high"))
            axes.barh(place, mean.fillna(0), 0.34, label=name, color=COLORS[side], hatch=HATCHES[side], edgecolor="white")
            axes.hlines(place, low, high, color="black", linewidth=1.5)
            for at, value, end in zip(place, mean, high):
                text = "-" if np.isnan(value) else number(value)
                axes.annotate(
                    text, (0 if np.isnan(value) else max(end, 0), at), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
                )
        axes.set_yticks(range(len(board)), list(board.index))
        axes.invert_yaxis()
        axes.margins(x=0.12)
        figure.legend(loc="outside lower right", ncols=2)
    values = "; ".join(
        f"{name}: {listed((method, value) for method, value in board[prefix + 'mean'].dropna().items())}"
        for prefix, name in zip(("", "smsa_"), names)
    )
    show(figure, message("plots.bars", title=title, values=values))


def plot_grouped_bars(table, title, xlabel="", ylabel=""):
    """Vertical bars, one group a row of a table, one bar a column."""
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, ylabel)
        width = 0.8 / table.shape[1]
        for column, name in enumerate(table.columns):
            positions = np.arange(len(table)) + (column - (table.shape[1] - 1) / 2) * width
            bars = axes.bar(
                positions, table[name], width, label=str(name), color=COLORS[column % 5], hatch=HATCHES[column % 5], edgecolor="white"
            )
            axes.bar_label(bars, [number(value) for value in table[name]], fontsize=8, padding=2)
        axes.set_xticks(range(len(table)), [str(name) for name in table.index])
        axes.margins(y=0.22)
        axes.legend(ncols=table.shape[1], loc="upper right")
    groups = "; ".join(f"{row}: {listed(table.loc[row].items())}" for row in table.index)
    show(figure, message("plots.bars", title=title, values=groups))


def plot_histograms(values, title, xlabel="", ylabel="", bins=24, mark=None):
    """Distributions as outlines on common bins.

    Parameters
    ----------
    values : dict of str to sequence of numbers
    title, xlabel, ylabel : str
    bins : int
    mark : float, optional
        Where a dashed line stands, such as at 0 among differences.
    """
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, ylabel)
        edges = np.histogram_bin_edges(np.concatenate([np.asarray(list(row)) for row in values.values()]), bins)
        for style, (name, row) in enumerate(values.items()):
            share = np.full(len(row), 1 / len(row))
            axes.hist(
                list(row),
                edges,
                weights=share,
                histtype="step",
                linewidth=2,
                linestyle=LINES[style % 5],
                color=COLORS[style % 5],
                label=name,
            )
        if mark is not None:
            axes.axvline(mark, color="black", linestyle="--", linewidth=1.2)
        if len(values) > 1:
            axes.legend()
    medians = listed((name, np.median(list(row))) for name, row in values.items())
    show(figure, message("plots.histograms", title=title, values=medians))


def plot_lines(table, title, xlabel="", ylabel=""):
    """One line a column of a table, over its index."""
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, ylabel)
        for style, name in enumerate(table.columns):
            line = table[name].dropna()
            axes.plot(
                line.index,
                line,
                label=str(name),
                color=COLORS[style % 5],
                linestyle=LINES[style % 5],
                marker=MARKERS[style % 5] if len(line) < 30 else None,
            )
        if all(float(value).is_integer() for value in table.index) and len(table) < 20:
            axes.set_xticks(list(table.index))
        if table.shape[1] > 1:
            axes.legend()
    drawn = {name: line for name in table.columns if len(line := table[name].dropna())}  # a run stopped in its first epoch has no rows
    ends = "; ".join(f"{name}: {number(line.iloc[0])} → {number(line.iloc[-1])}" for name, line in drawn.items())
    show(figure, message("plots.lines", title=title, values=ends))


def plot_heatmap(table, title, xlabel="", ylabel="", digits=2):
    """A table of numbers as shades, each number written in its field.

    Parameters
    ----------
    table : pandas.DataFrame
        Index and columns name the rows and columns.
    digits : int
        Decimals of the numbers; -1 writes none.
    """
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, xlabel, ylabel, height=1.5 + 0.34 * len(table))
        axes.imshow(table, cmap="Greys", aspect="auto", vmin=0)
        dark = float(table.to_numpy().max()) / 2
        for row, column in np.ndindex(table.shape) if digits >= 0 else ():
            value = table.iat[row, column]
            axes.text(column, row, f"{value:.{digits}f}", ha="center", va="center", fontsize=8, color="white" if value > dark else "black")
        axes.set_xticks(
            range(table.shape[1]),
            [str(name) for name in table.columns],
            rotation=45 if table.shape[1] > 4 else 0,
            ha="right" if table.shape[1] > 4 else "center",
        )
        axes.set_yticks(range(table.shape[0]), [str(name) for name in table.index])
        axes.spines[:].set_visible(False)
    strongest = np.unravel_index(np.argmax(table.to_numpy()), table.shape)
    show(figure, message("plots.heatmap", title=title, rows=table.shape[0], columns=table.shape[1], row=table.index[strongest[0]],
                         column=table.columns[strongest[1]], value=number(table.iat[strongest])))  # fmt: skip


def plot_heads(weights, tokens, titles, title, xlabel="", ylabel=""):
    """Attention weights, one small field of shades a head.

    Parameters
    ----------
    weights : torch.Tensor
        ``[n_heads, seq_len, seq_len]``; a row is the position that reads.
    tokens : list of str
    titles : list of str
        One a head.
    title, xlabel, ylabel : str
    """
    columns = 2 if len(weights) <= 4 else 3
    rows = -(-len(weights) // columns)
    strongest = []
    with plt.rc_context(STYLE):
        size = (STYLE["figure.figsize"][0], 0.7 + 3.1 * rows)
        figure, axes = plt.subplots(rows, columns, figsize=size, dpi=STYLE["figure.dpi"], layout="constrained", squeeze=False)
        for place, name in enumerate(titles):
            field, shares = axes.flat[place], np.asarray(weights[place])
            field.imshow(shares, cmap="Greys", vmin=0, vmax=1)
            field.set_title(name, fontsize=10)
            field.set_xticks(range(len(tokens)), tokens, rotation=90, fontsize=8)
            field.set_yticks(range(len(tokens)), tokens, fontsize=8)
            pairs = ", ".join(f"{tokens[row]} → {tokens[shares[row].argmax()]}" for row in range(len(tokens)))
            strongest.append(f"{name}: {pairs}")
        for field in axes.flat[len(titles) :]:
            field.axis("off")
        figure.suptitle(title, fontsize=STYLE["axes.titlesize"], fontweight="bold", x=0.01, ha="left")
        figure.supxlabel(xlabel, fontsize=STYLE["axes.labelsize"])
        figure.supylabel(ylabel, fontsize=STYLE["axes.labelsize"])
    show(figure, message("plots.heads", title=title, values="; ".join(strongest)))


def plot_padding_grid(subword, mask, tokenizer, title):
    """A batch as a grid: each field a position, dark where the mask is 1, hatched where padding stands.

    Parameters
    ----------
    subword, mask : torch.Tensor
        int64 ``[batch, seq_len]``.
    tokenizer : transformers tokenizer
    title : str
    """
    batch, seq_len = subword.shape
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, height=1.0 + 0.42 * batch)
        for row in range(batch):
            for column, token in enumerate(tokenizer.convert_ids_to_tokens(subword[row].tolist())):
                real = bool(mask[row, column])
                field = plt.Rectangle(
                    (column, row),
                    1,
                    1,
                    facecolor=COLORS[0] if real else "white",
                    hatch="" if real else "///",
                    edgecolor="white" if real else "#b0b0b0",
                )
                axes.add_patch(field)
                if seq_len <= 16:
                    axes.text(column + 0.5, row + 0.5, token, ha="center", va="center", fontsize=7, color="white" if real else "#555555")
        axes.set(xlim=(0, seq_len), ylim=(batch, 0), xlabel=message("plots.position"), ylabel=message("plots.row"))
        axes.set_yticks(np.arange(batch) + 0.5, [str(row) for row in range(batch)])
        axes.spines[:].set_visible(False)
    padding = int((mask == 0).sum())
    show(figure, message("plots.padding_grid", title=title, batch=batch, seq_len=seq_len, padding=padding, positions=mask.numel()))


def plot_word_importance(table, title):
    """Each word of a sentence with its importance as a bar, to the right if it speaks for the predicted label.

    Parameters
    ----------
    table : pandas.DataFrame
        From `helpers.evaluation.word_importance`.
    """
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, message("plots.importance"), height=0.9 + 0.28 * len(table))
        for position, value in enumerate(table["importance"]):
            axes.barh(position, value, color=COLORS[0] if value > 0 else COLORS[1], hatch="" if value > 0 else "//", edgecolor="white")
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(table)), list(table["word"]))
        axes.invert_yaxis()
    strongest = table.reindex(table["importance"].abs().sort_values(ascending=False).index)[:3]
    show(figure, message("plots.bars", title=title, values=listed(zip(strongest["word"], strongest["importance"]))))


def plot_reliability(table, title):
    """Accuracy over confidence by bin, beside the line on which both are equal.

    Parameters
    ----------
    table : pandas.DataFrame or dict of str to pandas.DataFrame
        From `helpers.evaluation.reliability_table`; several with their names.
    title : str
    """
    tables = table if isinstance(table, dict) else {message("plots.model"): table}
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, message("plots.confidence"), message("plots.accuracy"))
        axes.plot([0, 1], [0, 1], linestyle="--", color=COLORS[3], label=message("plots.perfect"))
        for style, (name, rows) in enumerate(tables.items()):
            line, marker = LINES[(0, 3, 2)[style % 3]], MARKERS[style % 5]
            axes.plot(rows["confidence"], rows["accuracy"], marker=marker, linestyle=line, color=COLORS[(0, 4, 1)[style % 3]], label=name)
            falls = rows["accuracy"].diff(-1) > 0  # below such a point the line itself goes on, so the label stands above
            for (_, row), above in zip(rows.iterrows(), falls) if len(tables) == 1 else ():
                place = {"xytext": (6, 6 if above else -11), "textcoords": "offset points", "fontsize": 8}
                axes.annotate(f"n={row['rows']:.0f}", (row["confidence"], row["accuracy"]), **place)
        axes.set(xlim=(min(0.3, *(rows["confidence"].min() - 0.05 for rows in tables.values())), 1.02), ylim=(0, 1.05))
        axes.legend(loc="lower right")
    pairs = "; ".join(
        (f"{name}: " if len(tables) > 1 else "")
        + ", ".join(f"{number(row['confidence'])} → {number(row['accuracy'])}" for _, row in rows.iterrows())
        for name, rows in tables.items()
    )
    show(figure, message("plots.reliability", title=title, values=pairs))


def graph_edges(function, names):
    """The steps that led to a tensor, as `plot_graph` takes them. Used in lesson 00.

    Parameters
    ----------
    function : torch.autograd.graph.Node
        ``grad_fn`` of the tensor.
    names : dict of str to str
        What to call a kind of step; PyTorch's own name where it says nothing.

    Returns
    -------
    list of (str, str)

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor(1.0, requires_grad=True)
    >>> graph_edges((2 * x + 1).grad_fn, {"AccumulateGrad": "x", "MulBackward0": "times 2"})
    [('x', 'times 2'), ('times 2', 'AddBackward0')]
    """
    edges = []
    for parent, _ in function.next_functions:
        if parent is not None:  # None: a plain number
            ends = [node.name().split("::")[-1] for node in (parent, function)]
            edges += [*graph_edges(parent, names), tuple(names.get(end, end) for end in ends)]
    return edges


def plot_graph(edges, title):
    """Boxes and arrows from left to right, as in a graph of computations. Used in lesson 00.

    Parameters
    ----------
    edges : list of (str, str)
        Arrows by the names of their ends; no circles.
    title : str
    """
    nodes = list(dict.fromkeys(name for edge in edges for name in edge))
    level = dict.fromkeys(nodes, 0)
    for _ in nodes:  # a box stands to the right of every box that points at it
        for start, end in edges:
            level[end] = max(level[end], level[start] + 1)
    columns = {depth: [name for name in nodes if level[name] == depth] for depth in sorted(set(level.values()))}
    tallest = max(len(names) for names in columns.values())
    place = {name: (depth, (row + 0.5) * tallest / len(names)) for depth, names in columns.items() for row, name in enumerate(names)}
    with plt.rc_context(STYLE):
        figure, axes = new_figure(title, height=0.9 + 0.6 * tallest)
        box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": COLORS[0]}
        boxes = {name: axes.text(*at, name, ha="center", va="center", fontsize=9, bbox=box).get_bbox_patch() for name, at in place.items()}
        for start, end in edges:  # after the boxes, so that an arrow knows where they end
            arrow = {"arrowstyle": "-|>", "color": COLORS[3], "patchA": boxes[start], "patchB": boxes[end], "linewidth": 1.4}
            axes.annotate("", place[end], place[start], arrowprops=arrow)
        axes.set(xlim=(-0.5, max(columns) + 0.5), ylim=(tallest, 0))
        axes.axis("off")
    show(figure, message("plots.graph", title=title, edges="; ".join(f"{start} → {end}" for start, end in edges)))
