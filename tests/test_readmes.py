"""The two READMEs say the same, and what can be generated in them is."""

import re

import pytest

from helpers.files import ROOT
from series.launchers import site_address
from series.readmes import README_OF, filled_readme
from tutorial import project_address


def headings(name):
    """Levels of the headings of a README, code blocks aside."""
    text = re.sub(r"```.*?```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line.split(" ")[0] for line in text.splitlines() if line.startswith("#")]


@pytest.mark.parametrize("name", README_OF)
def test_the_tables_are_what_the_notebooks_and_the_results_say(name):
    assert (ROOT / name).read_text(encoding="utf-8") == filled_readme(name), "run: python3 tutorial.py refresh"


def test_both_readmes_have_the_same_headings():
    assert headings("README.md") == headings("README.id.md")


def test_both_readmes_name_the_same_commands_and_variables():
    def commands(name):
        return sorted(
            re.findall(r"python3 tutorial\.py \w+|TUTORIAL_\w+|SMSA_DIR|INDOBERT_CHECKPOINT", (ROOT / name).read_text(encoding="utf-8"))
        )

    assert commands("README.md") == commands("README.id.md")


@pytest.mark.parametrize(("name", "language"), README_OF.items())
def test_a_readme_opens_with_pictures_and_the_sites_address(name, language):
    text = (ROOT / name).read_text(encoding="utf-8")
    opening = text[: text.index("\n## ")]
    site = site_address(project_address().removeprefix("https://github.com/"))
    pictures = re.findall(r"!\[([^\]]+)\]\((pictures/[^)]+)\)", opening)
    assert {f"pictures/{shown}.{language}.png" for shown in ("lesson", "site", "playground")} <= {path for _, path in pictures}
    for words, path in pictures:
        assert len(words) > 20 and 10_000 < (ROOT / path).stat().st_size < 150_000
    assert f"{site}{language}/" in opening
