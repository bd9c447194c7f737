"""Take the READMEs' pictures: ``python -m series.site.pictures`` builds the site and photographs it in Chromium.

It needs the packages of ``requirements-site.txt`` and ``requirements-extra.txt``,
and a Chromium. Run it again when what the pictures show has changed.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from helpers.files import ROOT, write_atomically
from series.checklist import find_browser
from series.site.build import SiteError, build
from series.site.playground import PlaygroundError, make_playground
from series.site.serve import serving
from series.site.words import LANGUAGES

FOLDER = ROOT / "pictures"
SIZE = {"width": 1120, "height": 700}
COLOURS = 64  # of a picture: a third of the bytes, and nobody sees it
# name -> page, a button to press first, and what stands in the middle (None: no button; the page's beginning)
SHOTS = {
    "lesson": ("lessons/02_padding_and_masks.html", None, "section > section:nth-of-type(2) .cell_output img"),
    "site": ("index.html", None, None),
    "playground": ("playground.html", "form[data-tool=sentiment] [type=submit]", "form[data-tool=sentiment] table"),
}
SLIDES, SLIDE = "04_training.html", {"width": 1280, "height": 720}  # of which the first slide with a figure is taken


def few_colours(picture):
    """The same PNG with a palette of its most frequent colours.

    Parameters
    ----------
    picture : bytes

    Returns
    -------
    bytes
    """
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def take(page, address, button, place):
    """A picture of a page, a button pressed and a place on it in the middle, as PNG."""
    page.goto(address)
    if button:
        page.locator(button).click()
    if place:
        page.locator(place).first.evaluate("part => part.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_timeout(500)  # pictures below the fold are decoded late
    return few_colours(page.screenshot())


def take_all(site, folder, browser):
    """Write ``NAME.LANGUAGE.png`` for every page of `SHOTS`; the playground's where the site has its models.

    Parameters
    ----------
    site : pathlib.Path
        As `series.site.build.build` made it.
    folder : pathlib.Path
    browser : playwright.sync_api.Browser

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    written = []
    with serving(site) as address:
        page = browser.new_page(viewport=SIZE)
        for language in LANGUAGES:
            for name, (file, button, place) in SHOTS.items():
                if name != "playground" or (site / "playground").is_dir():
                    written.append(folder / f"{name}.{language}.png")
                    write_atomically(written[-1], take(page, f"{address}/{language}/{file}", button, place))
        page.close()
    return written


def take_slides(guide, folder, browser):
    """Write ``slides.LANGUAGE.png`` from the folder that ``python3 tutorial.py guide`` made.

    Parameters
    ----------
    guide, folder : pathlib.Path
    browser : playwright.sync_api.Browser

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    page = browser.new_page(viewport=SLIDE)
    for language in LANGUAGES:
        page.goto((guide / "slides" / language / SLIDES).resolve().as_uri())
        page.evaluate("Reveal.slide(Reveal.getSlides().findIndex(slide => slide.querySelector('img')))")
        page.wait_for_timeout(500)
        write_atomically(folder / f"slides.{language}.png", few_colours(page.screenshot()))
    page.close()
    return [folder / f"slides.{language}.png" for language in LANGUAGES]


def main(arguments=None):
    """Take the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m series.site.pictures", description="Take the pictures of the READMEs.")
    parser.add_argument("--site", metavar="FOLDER", type=Path, help="a site that was built before; without it, it is built first")
    parser.add_argument("--guide", metavar="FOLDER", type=Path, help="what tutorial.py guide made; with it, a slide is photographed, too")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    chromium = find_browser()
    if chromium is None:
        print("Chromium tidak ditemukan; pasang dulu.\nThere is no Chromium on this computer: install it first.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        try:
            site = options.site or build(Path(scratch) / "site", playground=make_playground())
        except (SiteError, PlaygroundError) as error:
            print(error, file=sys.stderr)
            return 1
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for path in take_all(site, options.out, browser) + (take_slides(options.guide, options.out, browser) if options.guide else []):
                print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
