"""The vocabulary: special ids, round trips, determinism, and every wrong size or file."""

import hashlib
import re
import unicodedata

import pytest
import sentencepiece

from be_tracks.errors import UserError
from translation.data.vocabulary import BOS, EOS, PAD, UNK, Vocabulary, train_vocabulary

SENTENCES = [
    f"{subject} {verb} {thing} ."
    for subject in ("the old cat", "ein Hund", "wir", "she", "Jürgen")
    for verb in ("sees", "sieht", "buys", "kauft", "nimmt")
    for thing in ("the house", "das große Haus", "bread", "Brot", "nothing")
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return train_vocabulary(SENTENCES, tmp_path_factory.mktemp("v") / "v.model", 90)


def test_special_ids_and_size(vocabulary):
    assert (PAD, UNK, BOS, EOS) == (0, 1, 2, 3)
    assert vocabulary.size == 90
    ids = {piece for row in vocabulary.encode(SENTENCES) for piece in row}
    assert min(ids) > EOS and max(ids) < 90


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_round_trip(tmp_path, kind):
    vocabulary = train_vocabulary(SENTENCES, tmp_path / "v.model", 38, kind)
    assert vocabulary.decode(vocabulary.encode(SENTENCES)) == SENTENCES


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_same_text_same_file_and_a_silent_log(tmp_path, kind, capfd):
    first = train_vocabulary(SENTENCES, tmp_path / "a.model", 38, kind)
    second = train_vocabulary(iter(SENTENCES), tmp_path / "b.model", 38, kind)
    assert first.sha256 == second.sha256
    assert first.sha256 == hashlib.sha256((tmp_path / "a.model").read_bytes()).hexdigest()
    assert capfd.readouterr() == ("", "")


def test_every_character_is_covered(tmp_path):
    text = [*SENTENCES * 50, "œ"]
    vocabulary = train_vocabulary(text, tmp_path / "v.model", 90)
    assert vocabulary.decode(vocabulary.encode(["œ"])) == ["œ"]


def test_rare_characters_may_have_no_piece(tmp_path):
    text = [*SENTENCES * 50, "œ"]
    vocabulary = train_vocabulary(text, tmp_path / "v.model", 90, character_coverage=0.999)
    assert UNK in vocabulary.encode(["œ"])[0]
    assert UNK not in vocabulary.encode(["Jürgen"])[0]


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(vocabulary, threads):
    assert vocabulary.encode(SENTENCES, threads) == vocabulary.encode(SENTENCES)


def test_decode_stops_at_the_end_mark_and_drops_marks(vocabulary):
    [ids] = vocabulary.encode(["the old cat"])
    rows = [[BOS, *ids, EOS, *ids], [*ids, PAD, PAD], [BOS, PAD, *ids], [EOS, *ids], []]
    assert vocabulary.decode(rows) == ["the old cat"] * 3 + ["", ""]


def test_unknown_pieces_are_seen(vocabulary):
    [ids] = vocabulary.encode(["日"])
    assert UNK in ids
    assert "⁇" in vocabulary.decode([ids])[0]


def test_byte_fallback_spells_the_unknown(tmp_path):
    vocabulary = train_vocabulary(SENTENCES, tmp_path / "v.model", 400, byte_fallback=True)
    ids = vocabulary.encode(["日"])
    assert UNK not in ids[0]
    assert vocabulary.decode(ids) == ["日"]


def test_white_space_is_normalised(vocabulary):
    assert vocabulary.encode([" the\x85old \u00a0 cat\u2028"]) == vocabulary.encode(["the old cat"])
    assert vocabulary.encode(["", " "]) == [[], []]


def test_id_out_of_range(vocabulary):
    with pytest.raises(IndexError):
        vocabulary.decode([[vocabulary.size]])


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@pytest.mark.parametrize(("size", "word"), [(100_000, "too large"), (5, "too small")])
def test_the_limit_named_is_the_limit(tmp_path, kind, size, word):
    with pytest.raises(UserError, match=word) as raised:
        train_vocabulary(SENTENCES, tmp_path / "v.model", size, kind)
    assert not list(tmp_path.iterdir())
    limit = int(re.search(r"--vocabulary-size (\d+)", str(raised.value))[1])
    assert train_vocabulary(SENTENCES, tmp_path / "v.model", limit, kind).size == limit
    beyond = limit + (1 if word == "too large" else -1)
    with pytest.raises(UserError, match=word):
        train_vocabulary(SENTENCES, tmp_path / "v.model", beyond, kind)


def test_no_text(tmp_path):
    with pytest.raises(UserError, match="could not be trained"):
        train_vocabulary([], tmp_path / "v.model", 90)


def test_unknown_kind(tmp_path):
    with pytest.raises(ValueError, match="'word'"):
        train_vocabulary(SENTENCES, tmp_path / "v.model", 90, "word")


@pytest.mark.parametrize("data", [b"", b"some text, and no model\n"])
def test_no_model(tmp_path, data):
    path = tmp_path / "v.model"
    path.write_bytes(data)
    with pytest.raises(UserError, match="v.model: expected a SentencePiece model"):
        Vocabulary(path)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="v.model: the vocabulary cannot be read"):
        Vocabulary(tmp_path / "v.model")


def test_foreign_special_ids(tmp_path):
    with (tmp_path / "v.model").open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES), model_writer=stream, vocab_size=38, minloglevel=2
        )
    with pytest.raises(UserError, match=r"got \(-1, 0, 1, 2\)"):
        Vocabulary(tmp_path / "v.model")


UNUSUAL = ["… ½ ² ①", "ｆｕｌｌ，ｗｉｄｔｈ！", "cafe\u0301 und café", "ﬁne ﬁgures"]


def test_by_default_every_character_comes_back(tmp_path):
    vocabulary = train_vocabulary([*SENTENCES, *UNUSUAL], tmp_path / "v.model", 120)
    assert vocabulary.decode(vocabulary.encode(UNUSUAL)) == UNUSUAL


def test_nfkc_is_an_option(tmp_path):
    text = [*SENTENCES, *UNUSUAL]
    vocabulary = train_vocabulary(text, tmp_path / "v.model", 120, normalization="nfkc")
    expected = [unicodedata.normalize("NFKC", sentence) for sentence in UNUSUAL]
    assert vocabulary.decode(vocabulary.encode(UNUSUAL)) == expected != UNUSUAL
    with pytest.raises(ValueError, match="expected normalization in"):
        train_vocabulary(text, tmp_path / "w.model", 120, normalization="NFC")


@pytest.mark.parametrize("line", ["zq", "zq ", "字q"])
def test_lines_of_any_length_are_learnt_from(tmp_path, line):
    vocabulary = train_vocabulary([line * 3000, *SENTENCES[:5]], tmp_path / "v.model", 50)
    assert UNK not in vocabulary.encode(["q"])[0]


def test_long_lines_alone(tmp_path):
    vocabulary = train_vocabulary(["ab" * 3000] * 3, tmp_path / "v.model", 8)
    assert vocabulary.decode(vocabulary.encode(["abab"])) == ["abab"]
