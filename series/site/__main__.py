"""The command ``site`` of ``tutorial.py``."""

import argparse
import importlib.util
import sys
import webbrowser

from helpers.files import ROOT
from helpers.lesson import LessonError
from series.site.serve import server_for
from series.site.words import LANGUAGES

PACKAGES = ("sphinx", "myst_nb", "furo", "latex2mathml")
FOR_THE_MODEL = ("onnx", "onnxscript")


def main(arguments=None):
    """Build the site, and show it unless it is only to be built; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tutorial.py site", description="Build the reading site and show it on this computer.")
    parser.add_argument("--build", metavar="FOLDER", help="only build, into this folder")
    parser.add_argument("--config", metavar="FILE", help="a TOML file with what to add to each page: head, foot, analytics, giscus")
    parser.add_argument("--without-playground", action="store_true", help="leave out the tools with the model: no training, no download")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    options = parser.parse_args(arguments)
    wanted = PACKAGES if options.without_playground else (*PACKAGES, *FOR_THE_MODEL)
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        command = "pip install -r requirements-site.txt -r requirements-extra.txt"
        print(f"Belum terpasang: {names}. Pasang dengan: {command}\nNot installed: {names}. Install with: {command}", file=sys.stderr)
        if set(missing) <= set(FOR_THE_MODEL):
            print("Tanpa itu / Without: --without-playground", file=sys.stderr)
        return 1
    from series.site.build import SiteError, build
    from series.site.playground import PlaygroundError, make_playground

    try:
        playground = None if options.without_playground else make_playground()
        out = build(options.build or ROOT / "outputs" / "site", LANGUAGES, options.config, playground)
    except (SiteError, PlaygroundError, LessonError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.build:
        print(out)
        return 0
    with server_for(out, options.port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        print(f"{address}  (Ctrl-C: selesai / stop)", flush=True)
        if not options.no_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
