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
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=path, error=error)) from error
    finally:  # also when Ctrl-C comes in the middle
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def file_sha256(path):
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
