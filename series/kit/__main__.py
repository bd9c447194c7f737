"""The command ``kit`` of ``tutorial.py``."""

import argparse
import os
import sys
from pathlib import Path

from helpers.files import ROOT, WriteError
from series.kit.use import MACHINES, KitError, both, cannot_write

OUT = ROOT / "outputs" / "kit"
PYTHONS = ("3.11", "3.12", "3.13")


def systems(text):
    """The systems that an option names.

    >>> systems("windows,linux")
    ['windows', 'linux']
    """
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in MACHINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: pilih dari / choose from {', '.join(MACHINES)}")
    return list(dict.fromkeys(names))


def port_number(text):
    """A port that an option names.

    >>> port_number("8080")
    8080
    """
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{port}: 1 - 65535")
    return port


def parse(arguments=None):
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="tutorial.py kit", description="Everything that a room without a network needs, in one folder.")
    parser.add_argument("--for", dest="systems", type=systems, default=["windows", "macos"], metavar="SYSTEMS",
                        help="of windows, macos (Apple silicon), linux (x86_64; needs --torch), with commas; default: windows,macos")  # fmt: skip
    parser.add_argument("--python", choices=PYTHONS, default="3.12", help="of the learners' computers; default: %(default)s")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="default: outputs/kit")
    parser.add_argument("--torch", metavar="WHEEL", help="a CPU wheel of torch for Linux: a file, a folder, or the address of an index")
    parser.add_argument("--site", action="store_true", help="install what builds the reading site if it is missing, and add the site")
    parser.add_argument(
        "--smsa", nargs="?", const=os.environ.get("SMSA_DIR", ""), metavar="FOLDER", help="add the real SmSA (default: SMSA_DIR)"
    )
    parser.add_argument("--indobert", nargs="?", const=os.environ.get("INDOBERT_CHECKPOINT", ""), metavar="FOLDER",
                        help="add IndoBERT base (default: INDOBERT_CHECKPOINT)")  # fmt: skip
    parser.add_argument("--add", dest="additions", type=Path, action="append", metavar="PATH",
                        help="a further file or folder, such as Python's installer; may be repeated; outputs/guide is added by itself")  # fmt: skip
    parser.add_argument("--no-zip", dest="zip", action="store_false", help="only the folder")
    parser.add_argument("--serve", action="store_true", help="share the kit of --out in the room's network")
    parser.add_argument("--port", type=port_number, default=8000, help="of --serve; default: %(default)s")
    parser.add_argument("--check", action="store_true", help="prove that the kit of --out installs on this computer without an index")
    options = parser.parse_args(arguments)
    for name, variable in (("smsa", "SMSA_DIR"), ("indobert", "INDOBERT_CHECKPOINT")):
        if getattr(options, name) == "":
            parser.error(f"--{name} FOLDER: {variable} kosong, jadi sebutkan foldernya / is not set, so name the folder")
    return options


def main(arguments=None):
    """Make, share or check a kit; returns the exit code."""
    options = parse(arguments)
    try:
        if options.serve:
            from series.kit.serve import serve

            return serve(options.out, options.port) or 0
        if options.check:
            from series.kit.proof import prove

            return prove(options.out) or 0
        from series.kit.make import make
        from series.kit.pages import GUIDE

        options.additions = [*(options.additions or []), *([GUIDE] if GUIDE.is_dir() else [])]
        return make(options)
    except (KitError, WriteError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(cannot_write(error), file=sys.stderr)
    except KeyboardInterrupt:
        print(both("Berhenti; jalankan lagi untuk meneruskan.", "Stopped; start again to go on."), file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
