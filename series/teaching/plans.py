"""Minutes of teaching, and plans whose minutes are summed from the lessons."""

import functools
import tomllib

from helpers.exercises import exercise_texts
from helpers.files import ROOT
from series.quizzes import read_quiz
from series.teaching.words import WORDS

GUIDE = ROOT / "data" / "guide"


@functools.cache
def minutes_by_rule():
    """The minutes of each part, from ``data/guide/minutes.toml``."""
    return tomllib.loads((GUIDE / "minutes.toml").read_text(encoding="utf-8"))


def read_plans():
    """The plans of ``data/guide/plans.toml``."""
    return tomllib.loads((GUIDE / "plans.toml").read_text(encoding="utf-8"))["plans"]


def teaching_minutes(lesson):
    """From what to what a lesson takes in a room.

    Parameters
    ----------
    lesson : series.facts.Lesson

    Returns
    -------
    (int, int)
        Every section, then also every exercise and the quiz; pauses not counted.
    """
    rule = minutes_by_rule()
    low = rule["start"] + rule["section"] * len(lesson.sections)
    exercises, quiz = exercise_texts(int(lesson.number)), read_quiz(lesson.number)
    return low, low + rule["exercise"] * len(exercises) + (rule["quiz"] if quiz else 0)


def sections_in(block, lessons):
    """The numbers of a block's sections."""
    return block.get("sections", [section.number for section in lessons[block["lesson"]].sections])


def block_minutes(block, lessons, begun):
    """The minutes of a block.

    Parameters
    ----------
    block : dict
        Of a plan's day.
    lessons : dict of str to series.facts.Lesson
    begun : set of str
        Lessons begun earlier on that day; this block's is added.
    """
    rule = minutes_by_rule()
    if "lesson" not in block:
        return block.get("pause", 0) + (rule["welcome"] if block.get("welcome") else 0)
    start = 0 if block["lesson"] in begun else rule["start"]
    begun.add(block["lesson"])
    counts = {"section": sections_in(block, lessons), "exercise": block.get("exercises", ()), "rerun": block.get("rerun", ())}
    return start + sum(rule[part] * len(names) for part, names in counts.items()) + (rule["quiz"] if block.get("quiz") else 0)


def timetable(day, lessons):
    """A day's blocks with the minute at which each begins.

    Returns
    -------
    list of (int, int, dict)
        Begin, minutes, block.
    """
    begin, begun, rows = 0, set(), []
    for block in day["blocks"]:
        minutes = block_minutes(block, lessons, begun)
        rows.append((begin, minutes, block))
        begin += minutes
    return rows


def day_minutes(day, lessons):
    """What a day's blocks take together."""
    return sum(minutes for _, minutes, _ in timetable(day, lessons))


def plan_problems(plan, lessons):
    """What is wrong with a plan: a day that is too short or half empty, a section that needs one not run on that day, unknown exercises."""
    for place, day in enumerate(plan["days"], start=1):
        where, ran, used = f"{plan['id']}, day {place}", {}, day_minutes(day, lessons)
        if not 0.85 * day["minutes"] <= used <= day["minutes"]:
            yield f"{where}: {used} of {day['minutes']} minutes"
        for block in day["blocks"]:
            if "lesson" not in block:
                continue
            known = {section.number: section for section in lessons[block["lesson"]].sections}
            done = ran.setdefault(block["lesson"], set())
            for number in [*block.get("rerun", ()), *sections_in(block, lessons)]:
                needs = set(known[number].needs) if number in known else {"to exist"}
                yield from (f"{where}: lesson {block['lesson']}, section {number} needs {need}" for need in sorted(needs - done, key=str))
                done.add(number)
            unknown = set(block.get("exercises", ())) - set(exercise_texts(int(block["lesson"])))
            yield from (f"{where}: lesson {block['lesson']} has no {name}" for name in sorted(unknown))


def plan_table(lessons, language):
    """All plans in a few words, as a Markdown table: for the site's page."""
    words, rows = WORDS[language], []
    for plan in read_plans():
        minutes = " + ".join(str(day_minutes(day, lessons)) for day in plan["days"])
        rows.append(f"| {plan['name'][language]} | {minutes} | {plan['about'][language]} |")
    return "\n".join([f"| {words['plan']} | {words['time']} | {words['what']} |", "|---|---|---|", *rows])
