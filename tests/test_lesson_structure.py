"""Every lesson keeps the same form; the rules are explained in CONTRIBUTING.md.

A rule is a function that takes a lesson and yields what is wrong with it, with
the id of the cell. It is tried on every lesson, and on a sample lesson in
which one thing was broken.
"""

import ast
import re
import statistics

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from sample_lesson import GOALS, READING, THIRTY_WORDS, cell_of, make_lesson, picture, printed

from helpers.messages import MESSAGES
from series.notebooks import KERNELSPEC, NOTEBOOKS, WIDGET_VIEW, text_of

LESSONS = sorted(NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb"))
LANGUAGES = sorted({path.parent.name for path in LESSONS})
EXPECTED = ("01_data_preparation", "02_padding_and_masks", "03_model_loading", "04_training", "05_evaluation")

# Lessons in which every section goes: guess, run, read, answer. The others still have to be rewritten so.
WITH_LOOP = (
    "00_nlp_and_pytorch",
    "01_data_preparation",
    "02_padding_and_masks",
    "03_model_loading",
    "04_training",
    "05_evaluation",
    "06_pytorch_toolbox",
    "07_sharing",
    "08_thesis_clinic",
)

CELLS = range(30, 71)
CODE_LINES = 25
RATIO = (0.8, 1.8)  # markdown cells to code cells
WORDS = (25, 80)  # median of the markdown cells
MEGABYTE = 1_000_000
ALT_LETTERS = 30
TAGS = {"nbval-ignore-output", "nbval-check-output", "raises-exception", "helper"}
CLOSING = r"learned( quiz)? exercises( ex(\d)-task( ex\3-[a-z]+)* ex\3-solution){3,9} next"
UNNUMBERED = {"goals", "learned", "quiz", "exercises", "next"}
LOOP_EXERCISES = 4

# The words by which a reader, and a rule, finds the parts of a section, in each language.
PARTS = {
    "guess": r"\*\*(Tebak dulu|Guess first)\.\*\*",
    "room": r"\*\*(Untuk seisi kelas|Ask the room)\.\*\*",
    "pause": r"\*\*(Jeda|Pause)\.\*\*",
    "needs": r"^\*\*(?:Perlu|Needs):\*\* (?:persiapan saja|set-up only|(?:persiapan, bagian|set-up, sections?) ([\d, ]*?(?:(?:dan|and) )?\d+))\.",
    "minutes of running": r"\*\*(Waktu menjalankan|Time to run):\*\*.*\d",
    "minutes of study": r"\*\*(Waktu belajar|Time to study):\*\*.*\d+ (menit|minutes)",
}


def code(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def markdown(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "markdown"]


def tags(cell):
    return set(cell.metadata.get("tags", ()))


def prose(cell):
    """A markdown cell without its code blocks."""
    return re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)


def running_text(cell):
    """The prose of a cell without the short paragraphs of the loop: what is needed, the guess, the question, the pause."""
    parts = "|".join(PARTS[name] for name in ("needs", "guess", "room", "pause"))
    return "\n\n".join(part for part in prose(cell).split("\n\n") if not re.match(parts, part))


def headings(lesson, level=2):
    """Headings of one level, as (cell, text)."""
    pattern = re.compile(rf"^{'#' * level} +(.+?) *#*$", re.MULTILINE)
    return [(cell, text) for cell in markdown(lesson) for text in pattern.findall(prose(cell))]


def syntax_tree(cell):
    """The code of a cell as a tree, without IPython's % and ! lines."""
    return ast.parse("\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!"))))


# ---------------------------------------------------------------------- rules


def has_a_valid_format(lesson):
    if (lesson.nbformat, lesson.nbformat_minor) != (4, 5):
        yield f"format {lesson.nbformat}.{lesson.nbformat_minor} instead of 4.5"
    try:
        nbformat.validate(lesson)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {error}"


def has_30_to_70_cells(lesson):
    if len(lesson.cells) not in CELLS:
        yield f"{len(lesson.cells)} cells instead of {CELLS.start} to {CELLS.stop - 1}"


def has_short_code_cells(lesson):
    for cell in code(lesson):
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if lines > CODE_LINES:
            yield f"{cell.id}: {lines} lines; at most {CODE_LINES}"
        if not lines:
            yield f"{cell.id}: empty"


def has_readable_unique_ids(lesson):
    names = [cell.id for cell in lesson.cells]
    for name in names:
        looks_random = re.fullmatch(r"[0-9a-f-]{6,}", name) and re.search(r"\d", name)
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or looks_random:
            yield f"{name}: not a readable id in kebab-case"
        if names.count(name) > 1:
            yield f"{name}: the id of {names.count(name)} cells"


def opens_with_title_and_goals(lesson):
    if [cell.id for cell in lesson.cells[:2]] != ["title", "goals"] or lesson.cells[0].cell_type != "markdown":
        yield "the first two cells are not the markdown cells title and goals"
    titles = headings(lesson, level=1)
    if [cell.id for cell, _ in titles] != ["title"]:
        yield f"level-one headings in {[cell.id for cell, _ in titles]}; one is wanted, in title"


def has_numbered_headings(lesson):
    numbered = [(cell, text) for cell, text in headings(lesson) if cell.id not in UNNUMBERED and not cell.id.startswith("ex")]
    for place, (cell, text) in enumerate(numbered, start=1):
        if not text.startswith(f"{place}. "):
            yield f"{cell.id}: the heading '{text}' should begin with '{place}. '"
    if not numbered:
        yield "no second-level heading"


def plain_heading(text):
    """A heading or table cell without link and emphasis."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`_]", "", text).strip()


def step_table(lesson):
    """First column of the table in the goals cell whose first row begins with 1."""
    goals = next((cell.source for cell in lesson.cells if cell.id == "goals"), "")
    for table in re.findall(r"(?:^\|.*\|[ \t]*$\n?)+", goals, re.MULTILINE):
        rows = [plain_heading(row.strip().strip("|").split("|")[0]) for row in table.strip().splitlines()[2:]]
        if rows and rows[0].startswith("1. "):
            return rows
    return []


def has_a_step_table_of_its_headings(lesson):
    wanted = [plain_heading(text) for _, text in headings(lesson) if re.match(r"\d+\. ", text)]
    found = step_table(lesson)
    if found != wanted:
        yield f"goals: the step table reads {found}, the headings read {wanted}"


def sets_up_first(lesson):
    first, second = code(lesson)[:2]
    if [first.id, second.id] != ["preset", "setup"]:
        yield f"{first.id}, {second.id}: the first two code cells should be preset and setup"
        return
    if not re.fullmatch(r'PRESET = "mini"  # @param \[.*\]', first.source):
        yield "preset: holds the learner's one line, with its choices after # @param, and nothing else"
    yield from folding_problems(second)


def closes_with_exercises_and_the_next_link(lesson):
    names = [cell.id for cell in lesson.cells]
    found = " ".join(names[names.index("learned") :]) if "learned" in names else ""
    if not re.fullmatch(CLOSING, found):
        yield f"closing cells '{found}'; wanted: learned, quiz, exercises, for each exercise a task, a try and a solution, and next"
    if lesson.cells[-1].id != "next":
        yield f"{lesson.cells[-1].id}: the last cell should be next"


def folding_problems(cell, outputs=False):
    """What lacks for a code cell, and perhaps what it prints, to be folded in JupyterLab and in Colab."""
    view = cell.metadata.get("jupyter", {})
    if not view.get("source_hidden") or cell.metadata.get("cellView") != "form":
        yield f"{cell.id}: needs metadata jupyter.source_hidden true and cellView form"
    if outputs and not (view.get("outputs_hidden") and cell.metadata.get("collapsed")):
        yield f"{cell.id}: needs metadata jupyter.outputs_hidden true and collapsed true"
    if not cell.source.startswith("# @title"):
        yield f"{cell.id}: needs a first line '# @title ...'"


def hides_its_solutions(lesson):
    for cell in lesson.cells:
        if cell.id.endswith("-solution"):
            if cell.cell_type != "code":
                yield f"{cell.id}: a solution is a code cell, so that it is run"
            else:
                yield from folding_problems(cell, outputs=True)


def is_executed_in_order(lesson):
    for count, cell in enumerate(code(lesson), start=1):
        if cell.execution_count != count:
            yield f"{cell.id}: execution count {cell.execution_count} instead of {count}; run tutorial.py refresh"


def has_clean_outputs(lesson):
    if "widgets" in lesson.metadata:
        yield "metadata.widgets: GitHub refuses to show such a notebook"
    for cell in code(lesson):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield f"{cell.id}: an output on stderr"
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                yield f"{cell.id}: an error without the tag raises-exception"
            if WIDGET_VIEW in output.get("data", {}):
                yield f"{cell.id}: a widget, which shows nothing in a stored notebook"


def is_under_a_megabyte(lesson):
    size = len(nbformat.writes(lesson).encode())
    if size >= MEGABYTE:
        yield f"{size:,} bytes; less than {MEGABYTE:,} are allowed"


def describes_its_pictures(lesson):
    for cell in code(lesson):
        for output in cell.outputs:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
            if "image/png" in output.get("data", {}) and len(alt.strip()) < ALT_LETTERS:
                yield f"{cell.id}: a figure with the alt text '{alt}'; {ALT_LETTERS} letters or more say what it shows"
    for cell in markdown(lesson):
        for alt in re.findall(r"!\[([^\]]*)\]", prose(cell)):
            if not alt.strip():
                yield f"{cell.id}: an image without alt text"
        for image in re.findall(r"<img\b[^>]*>", prose(cell)):
            if not re.search(r"""\balt=(["'])\s*[^"'\s]""", image):
                yield f"{cell.id}: an <img> without alt text"


def uses_known_tags(lesson):
    for cell in lesson.cells:
        for tag in sorted(tags(cell) - TAGS):
            yield f"{cell.id}: the tag {tag} is not one of {sorted(TAGS)}"


def ignores_few_outputs(lesson):
    with_output = [cell for cell in code(lesson) if cell.outputs]
    ignored = [cell.id for cell in with_output if "nbval-ignore-output" in tags(cell)]
    if 3 * len(ignored) > len(with_output):
        yield f"the outputs of {len(ignored)} of {len(with_output)} cells are not compared, more than a third: {ignored}"


def asserts_with_a_message(cell):
    return any(isinstance(node, ast.Assert) and node.msg for node in ast.walk(syntax_tree(cell)))


def checks_what_it_ignores(lesson):
    cells = code(lesson)
    for place, cell in enumerate(cells):
        if "nbval-ignore-output" not in tags(cell) or cell.id == "setup":  # what it prints differs from computer to computer
            continue
        if not any(after.id.startswith("check-") and asserts_with_a_message(after) for after in cells[place + 1 : place + 4]):
            yield f"{cell.id}: its output is not compared, so one of the next three code cells should be check-... with an assert and a message"


def balances_text_and_code(lesson):
    ratio = len(markdown(lesson)) / len(code(lesson))
    if not RATIO[0] <= ratio <= RATIO[1]:
        yield f"{ratio:.2f} markdown cells a code cell; {RATIO[0]} to {RATIO[1]} are wanted"
    median = statistics.median(len(running_text(cell).split()) for cell in markdown(lesson))
    if not WORDS[0] <= median <= WORDS[1]:
        yield f"a markdown cell has {median:.0f} words (median); {WORDS[0]} to {WORDS[1]} are wanted"


FORBIDDEN = {
    r"\bos\.chdir\b": "os.chdir breaks the second run",
    r"\.cuda\(": ".cuda() stops learners without a GPU; use .to(device)",
    r"^\s*[!%]\s*(pip|conda)\b": "installing belongs to tutorial.py",
    r"\bwhile True\b": "while True may never end",
    r"""["'](?:/[A-Za-z]\w+|~/|[A-Za-z]:[\\/])""": "an absolute path exists on one computer only",
}


def avoids_what_breaks_elsewhere(lesson):
    for cell in code(lesson):
        for pattern, why in FORBIDDEN.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                yield f"{cell.id}: {why}"
        for output in cell.outputs:
            if re.search(r"(?<![\w/.:])/(?:home|Users|tmp|content|var|root)/|\b[A-Z]:\\\\?Users", text_of(output)):
                yield f"{cell.id}: an output shows a path of one computer"


def has_the_plain_kernel(lesson):
    if lesson.metadata.get("kernelspec") != KERNELSPEC:
        yield f"kernelspec {lesson.metadata.get('kernelspec')} instead of {KERNELSPEC}"


# ---------------------------------------------- rules of lessons with the loop


def sections(lesson):
    """The numbered sections, as lists of cells that begin with the heading's."""
    found = []
    for cell in lesson.cells:
        if cell.id in UNNUMBERED - {"goals"}:
            break
        if cell.cell_type == "markdown" and re.search(r"^## \d+\. ", prose(cell), re.MULTILINE):
            found.append([cell])
        elif found:
            found[-1].append(cell)
    return found


def guesses_before_it_shows(lesson):
    for cells in sections(lesson):
        places = [place for place, cell in enumerate(cells) if cell.cell_type == "markdown" and re.search(PARTS["guess"], cell.source)]
        if not any(cell.cell_type == "code" and cell.outputs for place in places for cell in cells[place + 1 :]):
            yield f"{cells[0].id}: no guess ({PARTS['guess']}) before an output of this section"


def reads_what_it_showed(lesson):
    for cells in sections(lesson):
        if cells[-1].cell_type == "code":
            yield f"{cells[-1].id}: the section ends without a reading of this output; it may not wait for the next heading"


def asks_the_room(lesson):
    for cells in sections(lesson):
        asked = [cell for cell in cells if cell.cell_type == "markdown" and re.search(PARTS["room"], cell.source)]
        if len(asked) < 1:
            yield f"{cells[0].id}: no question to the room ({PARTS['room']}) in this section"


def says_how_long_it_takes(lesson):
    goals = cell_of(lesson, "goals").source
    for part in ("minutes of running", "minutes of study"):
        if not re.search(PARTS[part], goals):
            yield f"goals: does not say the {part} ({PARTS[part]})"


def pauses_twice(lesson):
    with_pause = [cells[0].id for cells in sections(lesson) if any(re.search(PARTS["pause"], cell.source) for cell in cells)]
    if len(with_pause) != 2 or sections(lesson)[-1][0].id in with_pause:
        yield f"pauses in the sections {with_pause}; two are wanted ({PARTS['pause']}), none in the last"


def needed_sections(cell):
    """Numbers of the sections that a heading's or task's cell names as needed, or None when it names nothing."""
    found = re.search(PARTS["needs"], cell.source, re.MULTILINE)
    return [int(number) for number in re.findall(r"\d+", found[1] or "")] if found else None


def says_what_it_needs(lesson):
    tasks = [cell for cell in lesson.cells if re.fullmatch(r"ex\d-task", cell.id)]
    for place, cell in [*enumerate((cells[0] for cells in sections(lesson)), start=1), *((100, task) for task in tasks)]:
        needed = needed_sections(cell)
        if needed is None:
            yield f"{cell.id}: does not say what it needs ({PARTS['needs']})"
        elif any(number >= place or number > len(sections(lesson)) for number in needed):
            yield f"{cell.id}: needs the sections {needed}, which do not all stand before it"


def printed_by(cell):
    return "".join(text_of(output) for output in cell.outputs)


def says(text, key, name):
    """Whether an output holds a certain verdict on an exercise, in any language."""
    return any(words.partition(".")[0].format(number=name.removeprefix("ex")) in text for words in MESSAGES[key].values())


def checks_its_exercises(lesson):
    names = [cell.id.removesuffix("-task") for cell in lesson.cells if re.fullmatch(r"ex\d-task", cell.id)]
    if len(names) < LOOP_EXERCISES or "quiz" not in [cell.id for cell in lesson.cells]:
        yield f"{len(names)} exercises; {LOOP_EXERCISES} are wanted, and a quiz before them"
    cells = {cell.id: cell for cell in lesson.cells}
    for name in names:
        attempt, solution = cells.get(f"{name}-try"), cells.get(f"{name}-solution")
        if attempt is None or "..." not in attempt.source or f'lesson.check("{name}", ' not in attempt.source:
            yield f"{name}-try: an answer cell with the placeholder ... and lesson.check is wanted"
        elif not says(printed_by(attempt), "exercises.unanswered", name):
            yield f"{name}-try: its stored output is not that of an exercise without an answer"
        last = solution.source.strip().splitlines()[-1] if solution else ""
        if not re.fullmatch(rf'lesson\.check\("{name}", .+, ours=True\)', last):
            yield f"{name}-solution: its last line should be lesson.check, with ours=True: the answer proves itself"
        elif not says(printed_by(solution), "exercises.right", name):
            yield f"{name}-solution: its own check does not call it right"


LOOP_RULES = [
    guesses_before_it_shows, reads_what_it_showed, asks_the_room, says_how_long_it_takes, pauses_twice, says_what_it_needs,
    checks_its_exercises,
]  # fmt: skip
RULES = [
    has_a_valid_format, has_30_to_70_cells, has_short_code_cells, has_readable_unique_ids, opens_with_title_and_goals,
    has_numbered_headings, has_a_step_table_of_its_headings, sets_up_first, closes_with_exercises_and_the_next_link,
    hides_its_solutions, is_executed_in_order, has_clean_outputs, is_under_a_megabyte, describes_its_pictures, uses_known_tags,
    ignores_few_outputs, checks_what_it_ignores, balances_text_and_code, avoids_what_breaks_elsewhere, has_the_plain_kernel,
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_lesson(path, rule):
    problems = list(rule(nbformat.read(path, as_version=nbformat.NO_CONVERT)))
    assert not problems, f"{path.parent.name}/{path.name}:\n" + "\n".join(problems)


@pytest.mark.parametrize("rule", LOOP_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", [path for path in LESSONS if path.stem in WITH_LOOP], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_with_the_loop(path, rule):
    problems = list(rule(nbformat.read(path, as_version=nbformat.NO_CONVERT)))
    assert not problems, f"{path.parent.name}/{path.name}:\n" + "\n".join(problems)


def test_the_series_has_its_five_lessons():
    assert set(EXPECTED) <= {path.stem for path in LESSONS if path.parent.name == "id"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_up_cell_is_the_same_in_all_lessons(language):
    lessons = {path.stem: nbformat.read(path, as_version=4) for path in LESSONS if path.parent.name == language}
    for name in ("preset", "setup"):
        sources = {
            stem: cell_of(lesson, name).source.replace(f"number={int(stem[:2])})", "number=...)") for stem, lesson in lessons.items()
        }
        first = next(iter(sources))
        differing = [stem for stem, source in sources.items() if source != sources[first]]
        assert not differing, f"the cell {name} of {differing} is not that of {first}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_last_cell_links_to_a_lesson_that_exists(path):
    links = re.findall(r"\]\(([^)#]+\.ipynb)", cell_of(nbformat.read(path, as_version=4), "next").source)
    local = [link for link in links if "://" not in link]
    assert local, f"{path.name}, cell next: no link to a notebook"
    assert all((path.parent / link).is_file() for link in local), f"{path.name}, cell next: {local} is not all there"


# ------------------------------------------------------- the rules themselves


@pytest.mark.parametrize("rule", [*RULES, *LOOP_RULES], ids=lambda rule: rule.__name__)
def test_a_lesson_by_the_rules_has_no_problems(rule):
    assert list(rule(make_lesson())) == []


def change(name, **values):
    """A violation: a cell of the sample lesson with other values."""

    def violate(lesson):
        cell_of(lesson, name).update(values)

    return violate


def tag(name, *new):
    def violate(lesson):
        cell_of(lesson, name).metadata["tags"] = list(new)

    return violate


def output(name, *outputs):
    return change(name, outputs=list(outputs))


def swap_first_cells(lesson):
    lesson.cells[:2] = lesson.cells[1::-1]


def drop(name):
    def violate(lesson):
        lesson.cells.remove(cell_of(lesson, name))

    return violate


def add(cell):
    def violate(lesson):
        lesson.cells.append(cell())

    return violate


VIOLATIONS = [
    (has_a_valid_format, lambda lesson: lesson.update(nbformat_minor=4), "4.4"),
    (has_30_to_70_cells, lambda lesson: lesson.cells.__delitem__(slice(8, 30)), "22 cells"),
    (has_30_to_70_cells, lambda lesson: lesson.cells.extend(lesson.cells * 2), "132 cells"),
    (has_short_code_cells, change("step-1", source="x = 1\n\n" * 26), "step-1: 26 lines"),
    (has_short_code_cells, change("step-1", source="\n"), "step-1: empty"),
    (has_readable_unique_ids, change("step-1", id="a1b2c3d4"), "a1b2c3d4: not"),
    (has_readable_unique_ids, change("step-1", id="Step_1"), "Step_1: not"),
    (has_readable_unique_ids, change("step-1", id="step-2"), "step-2: the id of 2"),
    (opens_with_title_and_goals, swap_first_cells, "title and goals"),
    (opens_with_title_and_goals, change("text-1", source="# Satu lagi"), "text-1"),
    (has_numbered_headings, change("text-1", source="## Tanpa angka"), "text-1"),
    (has_numbered_headings, change("looking", source="## 3. Melihat data"), "'2. '"),
    (has_a_step_table_of_its_headings, change("looking", source="## 2. Melihat"), "goals"),
    (has_a_step_table_of_its_headings, change("goals", source=GOALS.replace("| 1. Membaca data | dari berkas |\n", "")), "goals"),
    (has_a_step_table_of_its_headings, change("goals", source="Tanpa tabel"), "goals"),
    (sets_up_first, drop("setup"), "preset, figure: the first"),
    (sets_up_first, change("preset", source='PRESET = "mini"'), "after # @param"),
    (sets_up_first, change("setup", metadata={}), "setup: needs metadata"),
    (closes_with_exercises_and_the_next_link, drop("ex2-solution"), "closing cells"),
    (closes_with_exercises_and_the_next_link, add(lambda: new_markdown_cell("lagi", id="more")), "more: the last"),
    (hides_its_solutions, change("ex1-solution", metadata={"cellView": "form"}), "ex1-solution: needs metadata"),
    (hides_its_solutions, change("ex1-solution", metadata={"jupyter": {"source_hidden": True}}), "ex1-solution: needs metadata"),
    (hides_its_solutions, change("ex1-solution", metadata={"jupyter": {"source_hidden": True}, "cellView": "form"}), "outputs_hidden"),
    (hides_its_solutions, change("ex1-solution", source="print(7)"), "@title"),
    (hides_its_solutions, change("ex1-solution", cell_type="markdown"), "ex1-solution: a solution is"),
    (is_executed_in_order, change("step-1", execution_count=None), "step-1: execution count None"),
    (is_executed_in_order, change("step-1", execution_count=40), "step-1: execution count 40"),
    (has_clean_outputs, output("step-1", printed("awas", "stderr")), "step-1: an output on stderr"),
    (has_clean_outputs, output("step-1", new_output("error", ename="E", evalue="", traceback=[])), "step-1: an error"),
    (has_clean_outputs, output("step-1", new_output("display_data", {WIDGET_VIEW: {}})), "step-1: a widget"),
    (has_clean_outputs, lambda lesson: lesson.metadata.update(widgets={}), "metadata.widgets"),
    (is_under_a_megabyte, output("step-1", printed("a" * MEGABYTE)), "bytes"),
    (describes_its_pictures, output("figure", picture("")), "figure: a figure"),
    (describes_its_pictures, output("figure", picture("terlalu pendek")), "figure: a figure"),
    (describes_its_pictures, change("text-1", source="![](gambar.png)"), "text-1: an image"),
    (describes_its_pictures, change("text-1", source='<img src="gambar.png" alt="">'), "text-1: an <img>"),
    (uses_known_tags, tag("step-1", "nbval-skip"), "step-1: the tag nbval-skip"),
    (ignores_few_outputs, lambda lesson: [tag(f"step-{i}", "nbval-ignore-output")(lesson) for i in range(5)], "more than a third"),
    (checks_what_it_ignores, tag("step-1", "nbval-ignore-output"), "step-1"),
    (checks_what_it_ignores, change("check-clock", source="assert 1 < 2"), "clock"),
    (checks_what_it_ignores, change("check-clock", source="'assert 1, message'"), "clock"),
    (balances_text_and_code, lambda lesson: lesson.cells.extend(new_code_cell("1", id=f"more-{i}") for i in range(9)), "markdown cells a code"),
    (balances_text_and_code, lambda lesson: [cell.update(source="singkat") for cell in markdown(lesson)], "1 words"),
    (avoids_what_breaks_elsewhere, change("step-1", source="os.chdir('..')"), "os.chdir"),
    (avoids_what_breaks_elsewhere, change("step-1", source="model.cuda()"), ".cuda()"),
    (avoids_what_breaks_elsewhere, change("step-1", source="!pip install torch"), "tutorial.py"),
    (avoids_what_breaks_elsewhere, change("step-1", source="%pip install torch"), "tutorial.py"),
    (avoids_what_breaks_elsewhere, change("step-1", source="while True: pass"), "while True"),
    (avoids_what_breaks_elsewhere, change("step-1", source="open('/content/data.tsv')"), "absolute"),
    (avoids_what_breaks_elsewhere, change("step-1", source=r"open('C:\data.tsv')"), "absolute"),
    (avoids_what_breaks_elsewhere, output("step-1", printed("disimpan di /" + "tmp/abc/model")), "step-1: an output shows"),
    (guesses_before_it_shows, change("reading", source="## 1. Membaca data"), "reading: no guess"),
    (reads_what_it_showed, drop("figure-look"), "figure: the section ends"),
    (asks_the_room, change("figure-look", source=THIRTY_WORDS), "reading: no question"),
    (says_how_long_it_takes, change("goals", source=GOALS.replace("belajar", "")), "minutes of study"),
    (says_how_long_it_takes, change("goals", source=GOALS.replace("20 detik", "sebentar")), "minutes of running"),
    (pauses_twice, change("figure-look", source=READING), "two are wanted"),
    (pauses_twice, change("text-1", source="**Jeda.** Lagi."), "two are wanted"),
    (says_what_it_needs, change("looking", source="## 2. Melihat data\n\n**Perlu:** semuanya."), "looking: does not say"),
    (says_what_it_needs, change("looking", source="## 2. Melihat data\n\n**Perlu:** persiapan, bagian 2."), "[2], which do not"),
    (says_what_it_needs, change("ex1-task", source="Kerjakan."), "ex1-task: does not say"),
    (checks_its_exercises, drop("quiz"), "a quiz before them"),
    (checks_its_exercises, change("ex1-try", source='lesson.check("ex1", 3)'), "ex1-try: an answer cell"),
    (checks_its_exercises, output("ex1-try", printed("Latihan 1: benar.")), "not that of an exercise without an answer"),
    (checks_its_exercises, change("ex1-solution", source="# @title\nprint(7)"), "the answer proves itself"),
    (checks_its_exercises, output("ex1-solution", printed("Latihan 1: belum tepat.")), "does not call it right"),
    (has_the_plain_kernel, lambda lesson: lesson.metadata.update(kernelspec={"name": "my-env"}), "my-env"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "violate", "words"), VIOLATIONS, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_notices_its_violation(rule, violate, words):
    lesson = make_lesson()
    violate(lesson)
    assert words in "\n".join(rule(lesson))


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _, _ in VIOLATIONS} == {*RULES, *LOOP_RULES}
