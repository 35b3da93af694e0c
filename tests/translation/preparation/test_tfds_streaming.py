"""The real builders of WMT14 on made raw files, without a network: what upstream's code prepares of
them, this one prepares as well, and holds a line at a time."""

import gzip
import tracemalloc

import pytest

from be_tracks.errors import UserError
from translation.preparation.tfds import TfdsPairs
from translation.preparation.tfds_streaming import streamed

tfds = pytest.importorskip("tensorflow_datasets")
tree = pytest.importorskip("tree")
wmt = pytest.importorskip("tensorflow_datasets.translate.wmt")

# Where the sides of a file part, or a line would end for other readers.
SPECIAL = [
    ("\ufeffGröße {}\r", "size {}\r"),
    ("un\rdeux {}", "one\r\rtwo {}"),
    ("", "no source {}"),
    ("sans cible {}", ""),
    ("", ""),
    (" ", "\t"),
    ("ligne\u2028séparée\x85\x0c\x1e {}", "one\u2029line\x0b {}"),
    ("日本語 😀 {}", " spaces {}  "),
]


PLAIN = [(f"{{}} phrase {number}", f"{{}} sentence {number}") for number in range(9)]


def lines(subset):
    """The pairs of a sub-dataset, different ones in each."""
    # No line of SGML holds what would end it.
    pairs = PLAIN if subset == "newstest2014" else PLAIN + SPECIAL
    return [tuple(side.format(subset) for side in pair) for pair in pairs]


def written(name, sentences):
    """A file of sentences as the raw ones are, by its name: SGML, or plain text, .gz or not."""
    if name.endswith(".sgm"):
        rows = "".join(f'<seg id="{n}">{s}</seg>\n' for n, s in enumerate(sentences, start=1))
        return f'<refset setid="newstest">\n<doc>\n{rows}</doc>\n</refset>\n'.encode()
    text = "".join(f"{sentence}\n" for sentence in sentences).encode()
    return gzip.compress(text, 1, mtime=0) if name.endswith(".gz") else text


class Raw:
    """The unpacked archives: a folder for each address, files where upstream looks for them."""

    def __init__(self, folder, config):
        self.folder, self.source = folder, config[:2]
        builder = tfds.builder(f"wmt14_translate/{config}", data_dir=folder / "nothing")
        self.subsets = [subset for split in builder.subsets.values() for subset in split]
        for subset in self.subsets:
            self.write(subset, lines(subset))

    def unpack(self, urls):
        """Stand in for `DownloadManager.download_and_extract`."""
        return tree.map_structure(lambda url: self.folder / url.rsplit("/", 1)[-1], urls)

    def paths(self, subset):
        """The two files of a sub-dataset."""
        subset = wmt.DATASET_MAP[subset]
        (folder,) = self.unpack(subset.get_url(self.source))
        return [folder / name for name in subset.get_path(self.source)]

    def write(self, subset, pairs):
        """Write a sub-dataset."""
        for path, sentences in zip(self.paths(subset), zip(*pairs, strict=True), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(path.name, sentences))


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A function: makes the raw files of a config, which the download manager then finds."""

    def make(config):
        made = Raw(tmp_path / "raw", config)
        monkeypatch.setattr(
            tfds.download.DownloadManager, "download_and_extract", lambda _, urls: made.unpack(urls)
        )
        return made

    return make


def upstream(config, folder):
    return tfds.builder(f"wmt14_translate/{config}", data_dir=folder)


def contents(folder):
    """Every file below a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("config", "subsets"),
    [
        ("de-en", ["europarl_v7", "commoncrawl", "newscommentary_v9"]),
        ("fr-en", ["europarl_v7", "commoncrawl", "multiun", "newscommentary_v9", "gigafren"]),
    ],
)
def test_it_prepares_what_upstream_prepares(raw, tmp_path, config, subsets):
    assert raw(config).subsets == [*subsets, "newstest2013", "newstest2014"]
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    upstream(config, theirs).download_and_prepare()
    builder = streamed(upstream(config, ours))
    assert not builder.data_path.exists()
    builder.download_and_prepare()
    made = contents(ours)
    assert made == contents(theirs)
    assert sum(".tfrecord-" in name for name in made) == 3
    found = upstream(config, ours)
    assert found.info.full_name == builder.info.full_name == f"wmt14_translate/{config}/1.0.0"
    assert found.info.splits["train"].num_examples == len(subsets) * (len(PLAIN + SPECIAL) - 3)
    assert found.info.splits["test"].num_examples == len(PLAIN)


def generators(raw, folder):
    """The examples of giga-fren alone, by upstream's code and by ours."""
    theirs = upstream("fr-en", folder)
    folders = {"gigafren": [str(raw.paths("gigafren")[0].parent)]}
    return [
        lambda builder=builder: builder._generate_examples(["gigafren"], folders)
        for builder in (theirs, streamed(theirs))
    ]


@pytest.mark.parametrize(
    ("french", "english", "keys"),
    [
        ("un\ndeux\n", "one\ntwo\n", [0, 1]),
        ("un\ndeux", "one\ntwo", [0, 1]),
        ("un\n\ntrois", "one\ntwo\n", [0]),  # the empty sentence after the last end of a line
        ("un\n", "one\ntwo", [0]),
        ("\n", "one\ntwo", []),
        ("", "one", []),  # a sentence each
        ("", "", []),
    ],
)
def test_how_files_end(raw, tmp_path, french, english, keys):
    made = raw("fr-en")
    for path, text in zip(made.paths("gigafren"), (french, english), strict=True):
        path.write_bytes(gzip.compress(text.encode()))
    theirs, ours = (list(generate()) for generate in generators(made, tmp_path))
    assert ours == theirs
    assert [key for key, _ in ours] == [f"gigafren/0/{key}" for key in keys]


def test_memory_holds_no_corpus(raw, tmp_path):
    made = raw("fr-en")
    made.write("gigafren", [(f"{n} {'é' * 100}", f"{n} {'e' * 200}") for n in range(60_000)])
    peaks = []
    for generate in generators(made, tmp_path):
        tracemalloc.start()
        try:
            assert sum(1 for _ in generate()) == 60_000
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    theirs, ours = peaks
    assert theirs > 20e6 and ours < 1e6


@pytest.mark.parametrize(
    ("french", "english", "counts"),
    [
        ("un\ndeux\ntrois\n", "one\n", (4, 2)),
        ("un\n", "one\ntwo\nthree\n", (2, 4)),
        ("un\n", "one", (2, 1)),
    ],
)
def test_unequal_files_are_refused(raw, tmp_path, french, english, counts):
    made = raw("fr-en")
    for path, text in zip(made.paths("gigafren"), (french, english), strict=True):
        path.write_bytes(gzip.compress(text.encode()))
    for generate in generators(made, tmp_path):
        with pytest.raises(AssertionError, match="{}.*{}".format(*counts)):
            list(generate())
    with pytest.raises(UserError) as caught:
        next(TfdsPairs("wmt14_translate/fr-en", "train", ("en", "fr"), tmp_path / "data").pairs())
    message = str(caught.value)
    named = (f"{n} in {path.name}" for n, path in zip(counts, made.paths("gigafren"), strict=True))
    assert " and ".join(named) in message
    assert "delete training-giga-fren.tar from downloads/extracted beside" in message
    assert "Do what the message says, or name files of your own" in message
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))


def test_a_missing_file(raw, tmp_path):
    made = raw("fr-en")
    made.paths("gigafren")[1].unlink()
    with pytest.raises(UserError, match="AssertionError: No matching files found.*giga-fren"):
        next(TfdsPairs("wmt14_translate/fr-en", "train", ("en", "fr"), tmp_path / "data").pairs())


def test_pairs_of_prepared_data(raw, tmp_path):
    raw("de-en")
    source = TfdsPairs("wmt14_translate/de-en", "validation", ("en", "de"), tmp_path / "data")
    whole = [pair for pair in lines("newstest2013") if all(pair)]
    assert sorted(source.pairs()) == sorted(pair[::-1] for pair in whole)


def test_other_builders_are_given_back(raw, tmp_path):
    raw("de-en")
    builder = upstream("de-en", tmp_path)
    assert streamed(builder) is not builder
    builder.download_and_prepare()
    for other in (
        tfds.builder_from_directory(builder.data_dir),
        tfds.builder("mnist", data_dir=tmp_path),
    ):
        assert streamed(other) is other


def test_the_registry_keeps_upstreams_class(tmp_path):
    builder = upstream("de-en", tmp_path)
    ours = streamed(builder)
    assert type(upstream("de-en", tmp_path)) is type(builder) is not type(ours)
    assert (ours.name, ours.version, ours.data_dir) == (
        builder.name,
        builder.version,
        builder.data_dir,
    )
    assert ours.builder_config is builder.builder_config
