"""The lecturer's guide: times, plans, questions with expected answers, mistakes that are common, what to say when it gets stuck."""

import tomllib

from helpers.exercises import exercise_number, exercise_texts
from series.facts import marked, questions_of, steps_of
from series.room import mistake_texts
from series.teaching.page import inline, styles, to_html, whole_page
from series.teaching.plans import GUIDE, minutes_by_rule, read_plans, sections_in, teaching_minutes, timetable
from series.teaching.words import WORDS

PAGES = GUIDE.parent.parent / "series" / "teaching" / "pages"
CHAPTERS = ("letter", "day-before", "stuck", "nothing-installs")


class GuideError(RuntimeError):
    """The guide does not fit the lessons; the text says where."""


def read_guide(number):
    """A lesson's ``data/guide/NN.toml``: ``answers`` by cell, and ``trouble``; both empty where there is none."""
    path = GUIDE / f"{number}.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"answers": {}, "trouble": [], **found}


def answered_questions(lesson):
    """A lesson's questions to the room with their expected answers.

    Parameters
    ----------
    lesson : series.facts.Lesson

    Returns
    -------
    list of (str, str, str)
        Cell, question, answer.

    Raises
    ------
    GuideError
        A question without an answer, or an answer without its question.
    """
    answers, questions = read_guide(lesson.number)["answers"], questions_of(lesson)
    counts = {cell: len(found) for cell, found in questions.items()}
    given = {cell: len(found) for cell, found in answers.items()}
    if counts != given:
        differing = sorted(cell for cell in counts.keys() | given.keys() if counts.get(cell) != given.get(cell))
        raise GuideError(f"lesson {lesson.number}: questions and expected answers differ in the cells {', '.join(differing)}")
    return [(cell, *pair) for cell, found in questions.items() for pair in zip(found, [each[lesson.language] for each in answers[cell]])]


def table(head, rows, kind=""):
    """A table of HTML cells."""
    lines = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table class='{kind}'><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{''.join(lines)}</table>"


# ---------------------------------------------------------------------- plans


def numbers_in_words(numbers):
    """Numbers with neighbours drawn together.

    Examples
    --------
    >>> numbers_in_words([1, 2, 3, 5, 8, 9])
    '1–3, 5, 8–9'
    """
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in runs)


def block_words(block, lessons, language):
    """A block of a plan in words."""
    words = WORDS[language]
    if "lesson" not in block:
        return words["welcome"] if block.get("welcome") else words["lunch" if block.get("lunch") else "pause"]
    lesson, numbers, parts = lessons[block["lesson"]], sections_in(block, lessons), []
    if block.get("rerun"):
        parts.append(f"{words['rerun']} {numbers_in_words(block['rerun'])}")
    if numbers:
        whole = len(numbers) == len(lesson.sections)
        parts.append(words["all"] if whole else f"{words['section' if len(numbers) == 1 else 'sections']} {numbers_in_words(numbers)}")
    if block.get("exercises"):
        parts.append(f"{words['exercises']} {numbers_in_words([int(exercise_number(name)) for name in block['exercises']])}")
    parts += [words["quiz"]] if block.get("quiz") else []
    return f"{inline(lesson.title)}: {', '.join(parts)}"


def plan_html(plan, lessons, language):
    """A plan: each day as a table with the minute at which each block begins."""
    words, parts = WORDS[language], [f"<h3>{plan['name'][language]}</h3><p>{inline(plan['about'][language])}</p>"]
    for place, day in enumerate(plan["days"], start=1):
        rows = [
            (f"{begin // 60}:{begin % 60:02d}", minutes, block_words(block, lessons, language))
            for begin, minutes, block in timetable(day, lessons)
        ]
        total = sum(minutes for _, minutes, _ in rows)
        rows.append(
            ("", f"<strong>{total}</strong>", f"<strong>{words['sum']}, {words['of']} {day['minutes']} {words['minutes']}</strong>")
        )
        parts += [f"<h4>{words['day']} {place}</h4>"] if len(plan["days"]) > 1 else []
        parts.append(table(("", words["time"], words["what"]), rows, "plan"))
    return "".join(parts)


# -------------------------------------------------------------------- lessons


def course_table(lesson):
    """Its sections: number and title, what is done, whether a pause follows."""
    words, steps, rows = WORDS[lesson.language], steps_of(lesson), []
    for section in lesson.sections:
        pause = [text for cell in section.cells if cell.cell_type == "markdown" for text in marked(cell.source, "pause")]
        note = f"<br><em>{words['pause']}.</em> {inline(pause[0])}" if pause else ""
        rows.append((section.number, f"<strong>{inline(section.title)}</strong>", inline(steps.get(section.number, "")) + note))
    return table(("", words["section"].capitalize(), words["what"]), rows, "course")


def times_html(lesson):
    """A lesson's minutes: of running and study as it says, of teaching by the rule."""
    words, (low, high) = WORDS[lesson.language], teaching_minutes(lesson)
    rows = [(words["run_time"], inline(lesson.run_time))]
    rows += [(words["study"], f"{lesson.study} {words['minutes']}")] if lesson.study else []
    rows.append((words["teach"], words["low_high"].format(low=low, high=high)))
    return table((words["time"], ""), rows, "times")


def mistakes_html(lesson):
    """The mistakes that the exercises know by name, with what participants read."""
    words, rows = WORDS[lesson.language], []
    for name, texts in exercise_texts(int(lesson.number)).items():
        for place, mistake in enumerate(texts["mistakes"]):
            title = f"<strong>{exercise_number(name)}. {inline(texts['title'][lesson.language])}</strong>" if place == 0 else ""
            rows.append((title, f"<code>{mistake}</code>", inline(mistake_texts(texts, mistake)[lesson.language])))
    return f"<h3>{words['mistakes']}</h3>{table((words['exercise'], '', ''), rows, 'mistakes')}" if rows else ""


def lesson_html(lesson):
    """A lesson's chapter of the guide."""
    words, language = WORDS[lesson.language], lesson.language
    questions = [(inline(question), inline(answer)) for _, question, answer in answered_questions(lesson)]
    trouble = [(inline(entry["see"][language]), inline(entry["say"][language])) for entry in read_guide(lesson.number)["trouble"]]
    goals = "".join(f"<li>{inline(goal)}</li>" for goal in lesson.goals)
    parts = [f"<section class='lesson' id='lesson-{lesson.number}'><h2>{inline(lesson.title)}</h2>{times_html(lesson)}"]
    parts.append(f"<h3>{words['goals']}</h3><ul>{goals}</ul><h3>{words['course']}</h3>{course_table(lesson)}")
    if questions:
        parts.append(f"<h3>{words['room']}</h3>{table((words['ask'], words['expected']), questions, 'room')}")
    if trouble:
        parts.append(f"<h3>{words['trouble']}</h3>{table((words['see'], words['say']), trouble, 'trouble')}")
    return "".join([*parts, mistakes_html(lesson), "</section>"])


# ---------------------------------------------------------------------- guide


def chapter(name, language):
    """A chapter that people wrote, as HTML; its first line is its heading."""
    return f"<section id='{name}'>{to_html((PAGES / f'{name}.{language}.md').read_text(encoding='utf-8'))}</section>"


def guide_page(lessons, language, command):
    """The whole guide as a page.

    Parameters
    ----------
    lessons : list of series.facts.Lesson
    language : str
    command : str
        That made it.

    Returns
    -------
    str
    """
    words, by_number = WORDS[language], {lesson.number: lesson for lesson in lessons}
    links = [f"<li><a href='#lesson-{lesson.number}'>{inline(lesson.title)}</a></li>" for lesson in lessons]
    made = words["made"].format(command=f"<code>{command}</code>")
    parts = [f"<h1>{words['guide']}</h1><p class='made'>{made}</p>", chapter("how", language)]
    parts.append(f"<section><h2>{words['rule']}</h2>{to_html(words['rule_text'].format(**minutes_by_rule()))}</section>")
    parts.append(f"<section id='plans'><h2>{words['plans']}</h2>")
    parts += [plan_html(plan, by_number, language) for plan in read_plans()]
    parts.append("</section>")
    parts += [chapter(name, language) for name in CHAPTERS]
    parts.append(f"<section><h2>{words['contents']}</h2><ul>{''.join(links)}</ul></section>")
    parts += [lesson_html(lesson) for lesson in lessons]
    return whole_page(words["guide"], "\n".join(parts), language, styles("paper.css"))
