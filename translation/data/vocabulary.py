"""The joint SentencePiece vocabulary of both languages.

Takes sentences, gives token ids, and back. Ids 0 to 3 are padding, unknown, begin and end; adding
begin and end marks is left to the batches.
"""

import hashlib
import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import sentencepiece

from be_tracks.errors import UserError
from translation.data.text import normalise_space

PAD, UNK, BOS, EOS = 0, 1, 2, 3
TYPES = ("bpe", "unigram")
# What is done to the characters before they are split: "identity" keeps them all. NFKC rewrites
# "…" as "...", "½" as "1⁄2", full-width punctuation as ASCII, so that a reference with one of them
# can never be produced.
NORMALIZATIONS = ("identity", "nfkc", "nmt_nfkc")
_LINE_BYTES = 4192  # SentencePiece's trainer leaves out longer lines


class Vocabulary:
    """A trained SentencePiece model.

    Args:
        path: the `.model` file.

    Attributes:
        size: V, the number of ids.
        sha256: the hash of the file, by which data and checkpoints recognise their vocabulary.

    Raises:
        UserError: no such file, no SentencePiece model, or other special ids than ours.
    """

    def __init__(self, path: str | Path):
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UserError(f"{path}: the vocabulary cannot be read ({error.strerror}).") from None
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(data)
        except RuntimeError:
            raise UserError(
                f"{path}: expected a SentencePiece model, got something else; make one with the"
                " subcommand prepare."
            ) from None
        self._check_special_ids(path)
        self.size = self._processor.get_piece_size()
        self.sha256 = hashlib.sha256(data).hexdigest()

    def encode(self, sentences: Sequence[str], threads: int = -1) -> list[list[int]]:
        """Give the ids of each sentence, without begin and end marks.

        White space is normalised as in training, so that no kind of blank is an unknown piece.

        Args:
            sentences: the text.
            threads: over which the sentences are spread; -1 takes one a core.
        """
        text = [normalise_space(sentence) for sentence in sentences]
        return self._processor.encode(text, num_threads=threads)

    def decode(self, ids: Iterable[Iterable[int]]) -> list[str]:
        """Give the sentence of each row of ids.

        A row ends at its first end mark; padding and begin marks are dropped, and an unknown
        piece shows as " ⁇ ", so that it is seen. Raises IndexError for an id outside 0 to V - 1.
        """
        return [self._processor.decode(self._pieces(row)) for row in ids]

    def _pieces(self, row: Iterable[int]) -> list[int]:
        """Give the ids of a row before its end mark, less padding and begin marks."""
        row = [int(piece) for piece in row]
        end = row.index(EOS) if EOS in row else len(row)
        return [piece for piece in row[:end] if piece not in (PAD, BOS)]

    def _check_special_ids(self, path: str | Path) -> None:
        model = self._processor
        found = (model.pad_id(), model.unk_id(), model.bos_id(), model.eos_id())
        if found != (PAD, UNK, BOS, EOS):
            raise UserError(
                f"{path}: expected the ids pad, unk, bos, eos to be {(PAD, UNK, BOS, EOS)}, got"
                f" {found}; make a vocabulary with the subcommand prepare."
            )


def train_vocabulary(
    sentences: Iterable[str],
    path: str | Path,
    size: int,
    kind: str = "bpe",
    byte_fallback: bool = False,
    character_coverage: float = 1.0,
    normalization: str = "identity",
) -> Vocabulary:
    """Train a vocabulary and write it; the same sentences give the same file.

    Args:
        sentences: text of both languages.
        path: the `.model` file to write.
        size: V, special ids included.
        kind: "bpe" (Sennrich et al. 2016) or "unigram" (Kudo 2018).
        byte_fallback: spell a character that has no piece in bytes (256 more pieces) instead of
            making it unknown.
        character_coverage: the share of the characters of the text that have a piece; the rarest
            have none.
        normalization: SentencePiece's rule for characters, one of `NORMALIZATIONS`. "identity"
            keeps every one, so that `decode(encode(text))` is `text` where all of its characters
            have a piece; "nmt_nfkc" is SentencePiece's own default.

    Returns:
        The vocabulary just written.

    Raises:
        ValueError: an unknown kind or normalisation.
        UserError: the size is too large or too small for this text; the limit is named.
    """
    if kind not in TYPES:
        raise ValueError(f"expected kind to be one of {TYPES}, got {kind!r}")
    if normalization not in NORMALIZATIONS:
        raise ValueError(f"expected normalization in {NORMALIZATIONS}, got {normalization!r}")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_short_lines(sentences),
            model_writer=model,
            model_type=kind,
            vocab_size=size,
            character_coverage=character_coverage,
            byte_fallback=byte_fallback,
            normalization_rule_name=normalization,
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            minloglevel=2,  # warnings and progress off; an error is raised
        )
    except RuntimeError as error:
        raise _size_error(size, str(error)) from error
    Path(path).write_bytes(model.getvalue())
    return Vocabulary(path)


def _short_lines(sentences: Iterable[str]) -> Iterator[str]:
    """Normalise white space, and cut lines that the trainer would leave out, at spaces if any."""
    for sentence in map(normalise_space, sentences):
        if len(sentence.encode()) <= _LINE_BYTES:
            yield sentence
        else:
            width = _LINE_BYTES // 4  # characters, of at most four bytes
            yield from textwrap.wrap(sentence, width, break_on_hyphens=False)


def _size_error(size: int, message: str) -> UserError:
    """Turn the trainer's message into one that names the cure."""
    if limit := re.search(r"too high .*<= (\d+)", message):
        return UserError(
            f"a vocabulary of {size} is too large for this text: {limit[1]} is the largest"
            f" possible; use --vocabulary-size {limit[1]} or less, or more text."
        )
    if limit := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return UserError(
            f"a vocabulary of {size} is too small for this text: its characters alone need"
            f" {limit[1]}; use --vocabulary-size {limit[1]} or more."
        )
    return UserError(f"the vocabulary could not be trained: {message}")
