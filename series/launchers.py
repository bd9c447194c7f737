"""Addresses made from the project's own: its site, and where a lesson can be opened without installing anything."""

import tomllib

from helpers.files import ROOT


def repository():
    """The project's address, from pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]


def repository_name():
    """Owner and repository, with a slash between.

    >>> repository_name().count("/")
    1
    """
    return repository().removeprefix("https://github.com/")


def launchers(path, language):
    """The ways to run a lesson: name and address of each.

    Examples
    --------
    >>> from pathlib import Path
    >>> [name for name, _ in launchers(Path("notebooks/en/01_x.ipynb"), "en")]
    ['Colab', 'Kaggle', 'Codespaces']
    """
    name = repository_name()
    place = f"{name}/blob/main/notebooks/{language}/{path.name}"
    return [
        ("Colab", f"https://colab.research.google.com/github/{place}"),
        ("Kaggle", f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{place}"),
        ("Codespaces", f"https://codespaces.new/{name}"),
    ]


def site_address(name):
    """Where GitHub Pages shows the site of a repository.

    Parameters
    ----------
    name : str
        Owner and repository, with a slash between.

    Returns
    -------
    str

    Examples
    --------
    >>> site_address("Kampus/kelas_nlp")
    'https://kampus.github.io/kelas_nlp/'
    """
    owner, repository = name.split("/")
    return f"https://{owner.lower()}.github.io/{repository}/"
