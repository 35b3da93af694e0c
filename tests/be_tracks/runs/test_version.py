"""The version is the installed one, and a checkout without installation says so."""

from importlib import metadata

from be_tracks.runs.version import version


def test_names_the_installed_version(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: {"be_keras": "7.8.9"}[name])
    assert version() == "7.8.9"


def test_says_when_nothing_is_installed(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert version() == "not installed"
