"""A learner runs cells twice, and lessons again: nothing breaks and nothing changes.

One pass in one kernel executes each cell two times in a row. Where the lesson
has run before in this session (it has when the whole suite runs), its files
are in the output folder, so that this pass is also the second run from the
top; otherwise such a run is made first.
"""

import base64
import io
import os

import matplotlib.image
import nbformat
import pytest
from sample_lesson import write_lesson

from series.notebooks import NOTEBOOKS, WIDGET_VIEW, RunError, execute

LESSONS = sorted((NOTEBOOKS / "id").glob("[0-9][0-9]_*.ipynb"))


def comparable(outputs):
    """What a reader sees of a cell's outputs but for pictures: streams as one text each, data by kind."""
    streams, shown = {}, []
    for output in outputs:
        if output.output_type == "stream":
            streams[output.name] = streams.get(output.name, "") + output.text
        elif output.output_type == "error":
            shown.append((output.ename, output.evalue))
        elif WIDGET_VIEW not in output.data:
            shown.append({kind: data for kind, data in output.data.items() if not kind.startswith("image/")})
    return streams, shown


def pixels(picture):
    """A stored PNG picture as numbers from 0 to 1, [height, width, channels]."""
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)), format="png")


def look_alike(first, second):
    """Whether no eye tells two lists of outputs' pictures apart.

    The last digit of a sum may depend on where in memory its numbers lie, so pictures of training are not equal to the byte.
    """
    first, second = (
        [pixels(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})] for outputs in (first, second)
    )
    return [picture.shape for picture in first] == [picture.shape for picture in second] and all(
        (abs(one - other).max(axis=-1) > 0.06).mean() < 0.001 for one, other in zip(first, second)
    )


def run_twice(path):
    """Run each cell twice; return what differs, with cell ids."""
    stored = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    seen, problems = {}, []

    def compare(cell):
        outputs = [output.copy() for output in cell.outputs]
        if "nbval-ignore-output" in cell.metadata.get("tags", ()):
            return
        if cell.id in seen:
            if comparable(seen[cell.id]) != comparable(outputs):
                problems.append(f"{cell.id}: the second run shows {comparable(outputs)}, the first {comparable(seen[cell.id])}")
            elif not look_alike(seen[cell.id], outputs):
                problems.append(f"{cell.id}: the second run draws another picture")
        else:
            seen[cell.id] = outputs
            if comparable(stored[cell.id].outputs) != comparable(outputs):
                problems.append(
                    f"{cell.id}: with the cells above run twice it shows {comparable(outputs)}, stored is {comparable(stored[cell.id].outputs)}"
                )

    execute(path, repeat=2, on_cell=compare)
    return problems


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_cells_run_twice_change_nothing(path, lessons_that_ran):
    if f"notebooks/id/{path.name}" not in lessons_that_ran:
        execute(path)
    problems = run_twice(path)
    assert not problems, f"{path.name}:\n" + "\n".join(problems)


@pytest.mark.parametrize("path", [path for path in LESSONS if path.stem.startswith("05")], ids=lambda path: path.stem)
def test_lesson_5_runs_without_what_lesson_4_leaves_behind(path, tmp_path, monkeypatch):
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(tmp_path / "empty"))
    stderr = []
    execute(path, on_cell=lambda cell: stderr.extend(cell.id for output in cell.outputs if output.get("name") == "stderr"))
    assert not stderr


# ------------------------------------------------------------ the test itself


def stored(path):
    """The same notebook with the outputs of one run."""
    nbformat.write(execute(path), path)
    return path


def test_a_cell_that_changes_when_run_again_is_noticed(tmp_path):
    path = stored(write_lesson(tmp_path, "01_counts", {"start": "count = 0", "same": "print('hai')", "grow": "count += 1\nprint(count)"}))
    assert [problem.split(":")[0] for problem in run_twice(path)] == ["grow"]


def test_a_picture_that_changes_when_run_again_is_noticed(tmp_path):
    draw = "%matplotlib inline\nimport matplotlib.pyplot as plt\ncount += {}\nplt.plot([0, 1, 1 + count]);"
    path = write_lesson(tmp_path, "01_draws", {"start": "count = 0", "same": draw.format("1e-9"), "move": draw.format("0.1")})
    assert run_twice(stored(path)) == ["move: the second run draws another picture"]


def test_a_cell_that_fails_when_run_again_is_named(tmp_path):
    path = write_lesson(tmp_path, "01_moves", {"make": "path = 'a'", "move": "print(path)\ndel path"})
    with pytest.raises(RunError, match="01_moves, cell move: NameError"):
        run_twice(path)


def test_a_silent_change_shows_in_a_later_cell(tmp_path):
    path = stored(write_lesson(tmp_path, "01_silent", {"start": "rows = []", "add": "rows.append(1)", "look": "rows"}))
    assert [problem.split(":")[0] for problem in run_twice(path)] == ["look"]


def test_the_output_folder_of_the_tests_is_their_own():
    assert os.environ["TUTORIAL_PRESET"] == "mini" and "tutorial-" in os.environ["TUTORIAL_OUTPUT_DIR"]
