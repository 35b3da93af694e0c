"""Teacher-forced scoring: a translator and batches to one record per target token."""

from collections.abc import Iterable

import keras
import numpy as np

from be_keras.backend import compiled
from be_keras.metrics import Records, ensemble_records
from translation.data.batches import Batch
from translation.models.transformer import PAD
from translation.models.translator import Translator


class Scorer:
    """Scores the reference translations of batches, each token given the ones before it.

    The scoring is compiled once and reads the weights anew at each call, so one scorer serves
    all validations of a run.

    Args:
        model: a built `Translator`.
    """

    def __init__(self, model: Translator):
        def score(source, target_in, target_out):
            logits = model({"source": source, "target_in": target_in}, training=False)
            return ensemble_records(logits, target_out, outputs="logits")

        self._score = compiled(model, score)

    def records(self, batches: Iterable[Batch]) -> Records:
        """Give the records of all real tokens, grouped by the index of their pair."""
        records = Records()
        for batch in batches:
            inputs = [batch[name] for name in ("source", "target_in", "target_out")]
            columns = self._score(*map(keras.ops.convert_to_tensor, inputs))
            keep = batch["target_out"] != PAD
            if np.any(keep):
                records.append(columns, keep=keep, group=batch["index"])
        return records


def tokens_that_fit(model: Translator, most: int = 4096, memory: int = 1_000_000_000) -> int:
    """Target positions of a batch whose logits, of all members, take at most `memory` bytes."""
    per_token = 4 * model.body.settings["vocabulary_size"] * model.ensemble_size
    return int(min(most, max(256, memory // (5 * per_token))))
