"""Whole files, checksums, and where the project's folders are."""

import contextlib
import hashlib
import os
import pathlib

from helpers.messages import message

ROOT = pathlib.Path(__file__).resolve().parent.parent
MINI = ROOT / "data" / "indobert_mini"


class WriteError(RuntimeError):
    """A file that cannot be written; the text says which, why, and what to do."""


def write_atomically(path, content):
    """Write bytes so that the file is whole, old or new, whatever happens meanwhile.

    Raises
    ------
    WriteError
        The disk is full or may not be written; the old file is untouched.
    """
    path = pathlib.Path(path)
    write_together(path.parent, {path.name: content})


def write_together(folder, contents):
    """Write files that belong together, so that nobody takes old and new ones for a set.

    All of them are whole on disk before the first takes its name. Where
    others stand under these names already, the last of them is taken away
    first and comes back last: while it is there, so is all it belongs to.

    Parameters
    ----------
    folder : str or pathlib.Path
        Made if it is not there.
    contents : dict of str to bytes
        Name and content, the one that completes the set last.

    Raises
    ------
    WriteError
        The disk is full or may not be written; the old files are untouched.
    """
    folder = pathlib.Path(folder)
    temporary = {name: folder / f"{name}.part" for name in contents}
    *others, last = contents
    path = folder / last
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(temporary.values(), contents.values()):
            with open(path, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if any(not same_bytes(folder / name, contents[name]) for name in others):
            (folder / last).unlink(missing_ok=True)
        for name, whole in temporary.items():
            path = folder / name
            os.replace(whole, path)
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=folder / path.name.removesuffix(".part"), error=error)) from error
    finally:  # also when Ctrl-C comes in the middle
        for whole in temporary.values():
            with contextlib.suppress(OSError):
                whole.unlink(missing_ok=True)


def same_bytes(path, content):
    """Whether a file is there and holds this already."""
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def file_sha256(path):
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
