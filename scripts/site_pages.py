"""A hook of MkDocs: the repository's own pages, README first, become pages of the site.

They stay where GitHub looks for them, and their links into `docs/` are made to start there.
"""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")


def from_docs(text):
    """The text of a page of the root as that of a page of `docs/`: links lead where they led."""
    return text.replace("](docs/", "](")


def on_files(files, config):
    """Add the pages of the root to the files of the site; MkDocs calls it by this name.

    Args:
        files: MkDocs' collection of the files in `docs/`.
        config: MkDocs' configuration.

    Returns:
        The collection, with the pages in it.
    """
    from mkdocs.structure.files import File  # comes with the extra `docs`

    for name in PAGES:
        text = from_docs((REPOSITORY / name).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    return files
