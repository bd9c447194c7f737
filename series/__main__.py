"""The commands ``run`` and ``refresh`` of ``tutorial.py``."""

import argparse
import os
import sys

from helpers.messages import language_option
from series.notebooks import RunError, refresh, run
from series.quizzes import fill_quizzes
from series.readmes import fill_readmes


def main(arguments=None):
    """Run or refresh the lessons of one language; returns the exit code."""
    language = language_option(arguments)
    parser = argparse.ArgumentParser(prog="tutorial.py")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", parents=[language], help="execute all lessons, write HTML")
    runner.add_argument("--preset", choices=("mini", "laptop", "full"), help="default: TUTORIAL_PRESET, else mini")
    refresher = commands.add_parser("refresh", parents=[language], help="execute lessons, store their outputs")
    refresher.add_argument("lessons", nargs="*", metavar="LESSON", help="for instance 04; all when none is named")
    options = parser.parse_args(arguments)
    try:
        if options.command == "refresh":
            refresh(options.lessons, options.language)
            fill_quizzes(options.lessons, options.language)
            fill_readmes()
        else:
            if options.preset:
                os.environ["TUTORIAL_PRESET"] = options.preset
            run(options.language)
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
