"""WMT14: which parts make which split, in which order of languages, and what is missing."""

import gzip

import pytest

from be_tracks.errors import UserError
from translation.preparation.wmt14 import unusual_counts, wmt14

NAMES = {
    "de": ["europarl-v7.de-en", "commoncrawl.de-en", "news-commentary-v9.de-en"],
    "fr": [
        *("europarl-v7.fr-en", "commoncrawl.fr-en", "news-commentary-v9.fr-en"),
        *("undoc.2000.fr-en", "giga-fren.release2.fixed"),
    ],
}


def write(path, line):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(line.encode()) if path.suffix == ".gz" else line.encode())


def segment(line):
    return f'<doc>\n<seg id="1">{line}</seg>\n</doc>\n'


@pytest.fixture(params=["de", "fr"])
def raw(request, tmp_path):
    """The raw files of one foreign language, as the archives unpack: a line each, with its name."""
    foreign = request.param
    for language in ("en", foreign):
        for name in NAMES[foreign]:
            ending = ".gz" if "giga" in name else ""
            write(tmp_path / "training" / f"{name}.{language}{ending}", f"{name} {language}\n")
        write(tmp_path / "dev" / f"newstest2013.{language}", f"2013 {language}\n")
        for role in ("src", "ref"):
            for folder in ("dev", "test-full", "unpacked/test", "zz"):
                line = segment(f"2014 {folder} {role} {language}")
                write(tmp_path / folder / f"newstest2014-{foreign}en-{role}.{language}.sgm", line)
    return tmp_path, foreign


def test_raw_files(raw):
    folder, foreign = raw
    for pair in ((("en", foreign)), ((foreign, "en"))):
        source, target = pair
        found = wmt14("-".join(pair), folder)
        assert list(found) == ["train", "valid", "test"]
        assert list(found["train"].pairs()) == [
            (f"{name} {source}", f"{name} {target}") for name in NAMES[foreign]
        ]
        assert list(found["valid"].pairs()) == [(f"2013 {source}", f"2013 {target}")]
        # The whole test set, where the shortened one lies there too.
        assert list(found["test"].pairs()) == [
            (f"2014 test-full src {source}", f"2014 test-full ref {target}")
        ]


def test_missing_files_are_named(raw):
    folder, foreign = raw
    (folder / "training" / f"commoncrawl.{foreign}-en.en").unlink()
    with pytest.raises(UserError, match=rf"commoncrawl\.{foreign}-en\.en is not .*training-par"):
        wmt14(f"en-{foreign}", folder)
    with pytest.raises(UserError, match=r"newstest2013\.de.* are not in it.*test-full\.tgz"):
        wmt14("en-de", folder / "nowhere")


@pytest.mark.parametrize(
    ("pair", "config", "languages"),
    [
        ("en-de", "de-en", ("en", "de")),
        ("de-en", "de-en", ("de", "en")),
        ("en-fr", "fr-en", ("en", "fr")),
    ],
)
def test_datasets(pair, config, languages):
    found = wmt14(pair, data_dir="there")
    assert {split: source.split for split, source in found.items()} == {
        "train": "train",
        "valid": "validation",
        "test": "test",
    }
    for source in found.values():
        assert (source.name, source.languages) == (f"wmt14_translate/{config}", languages)
        assert source.data_dir == "there" and "--raw" in source.instead


@pytest.mark.parametrize("pair", ["en-cs", "de-fr", "en-en", "de-de"])
def test_other_pairs(pair):
    with pytest.raises(UserError, match="en-de or en-fr"):
        wmt14(pair)


def test_a_shortened_test_set_is_noticed():
    counts = {"train": {"pairs": 7}, "valid": {"pairs": 3000}, "test": {"pairs": 3003}}
    assert unusual_counts(counts) == []
    [note] = unusual_counts({**counts, "test": {"pairs": 2737}})
    assert "newstest2014 in full has 3,003 pairs, got 2,737" in note
