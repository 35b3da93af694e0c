"""Which version of the product is at work, for the files that it leaves behind."""

from importlib import metadata


def version() -> str:
    """Give the version installed, or "not installed" where the code runs from a checkout."""
    try:
        return metadata.version("be_keras")
    except metadata.PackageNotFoundError:
        return "not installed"
