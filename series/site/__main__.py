"""The command ``site`` of ``tutorial.py``."""

import argparse
import importlib.util
import sys
import webbrowser

from helpers.files import ROOT
from series.site.serve import server_for
from series.site.words import LANGUAGES

PACKAGES = ("sphinx", "myst_nb", "furo", "latex2mathml")


def main(arguments=None):
    """Build the site, and show it unless it is only to be built; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tutorial.py site", description="Build the reading site and show it on this computer.")
    parser.add_argument("--build", metavar="FOLDER", help="only build, into this folder")
    parser.add_argument("--config", metavar="FILE", help="a TOML file with what to add to each page: head, foot, analytics, giscus")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    options = parser.parse_args(arguments)
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        print(f"Belum terpasang: {names}. Pasang dengan: pip install -r requirements-site.txt\n"
              f"Not installed: {names}. Install with: pip install -r requirements-site.txt", file=sys.stderr)  # fmt: skip
        return 1
    from series.site.build import SiteError, build

    try:
        out = build(options.build or ROOT / "outputs" / "site", LANGUAGES, options.config)
    except SiteError as error:
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
