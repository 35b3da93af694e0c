"""BLEU of some validation sentences while a translator trains: a callback that others build on.

Takes a prepared data folder; gives `bleu` among an epoch's logs. Trains and saves nothing.
"""

from itertools import islice
from pathlib import Path

import keras

from be_tracks.errors import UserError
from translation.data.card import read_card
from translation.data.splits import read_text
from translation.data.vocabulary import Vocabulary
from translation.decoding.decoder import Decoder
from translation.evaluation.bleu import bleu_metric


class ValidationBleu(keras.callbacks.Callback):
    """Translates greedily at the end of each epoch, and puts `bleu`, 0 to 100, into its logs.

    There `keras.callbacks.EarlyStopping(monitor="bleu", mode="max")`, `ModelCheckpoint` and
    `TensorBoard` find it, if they come after it in the list of callbacks. BLEU is sacreBLEU's, of
    detokenised text.

    Args:
        data: A folder made by `prepare`.
        sentences: How many of the validation split, at even distances; 1 or more. All of them,
            where it has fewer.

    Raises:
        UserError: There is no such folder, or its validation split is empty.
    """

    def __init__(self, data: str | Path, sentences: int = 200):
        super().__init__()
        card = read_card(data)
        self.vocabulary = Vocabulary(Path(data) / "vocabulary.model")
        count = card["splits"]["valid"]["pairs"]
        if not count:
            raise UserError(f"{data}: expected validation pairs to translate, got none.")
        pairs = islice(read_text(data, "valid"), 0, None, max(1, count // sentences))
        self.sources, self.references = map(list, zip(*islice(pairs, sentences), strict=True))
        self._metric = bleu_metric(card["target_language"])
        self._decoder = None

    def score(self, model: keras.Model) -> float:
        """Translate with a `Translator` as it is now; gives BLEU, 0 to 100."""
        if self._decoder is None or self._decoder.model is not model:
            # Kept, as it compiles a search for each length, and reads weights anew at each call.
            self._decoder = Decoder(model, self.vocabulary, beam_size=1)
        found = self._decoder.translate(self.sources)
        return self._metric.corpus_score(found, [self.references]).score

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["bleu"] = self.score(self.model)
