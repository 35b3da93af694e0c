"""BLEU while training: sacreBLEU's of greedy translations, where callbacks find it."""

import keras
import pytest
from sacrebleu.metrics import BLEU

from be_keras.training import stream
from be_tracks.errors import UserError
from translation.config import make_config
from translation.data.batches import TokenBatches
from translation.data.splits import read_text
from translation.data.token_shards import TokenCorpus
from translation.decoding.decoder import Decoder
from translation.models.translator import build_translator
from translation.training.loading import load_translator
from translation.training.validation_bleu import ValidationBleu


def test_the_score_is_sacrebleu_of_sentences_at_even_distances(data, single):
    model, vocabulary, _ = load_translator(single)
    pairs = list(read_text(data, "valid"))[::3]
    assert len(pairs) == 4
    found = Decoder(model, vocabulary, beam_size=1).translate([source for source, _ in pairs])
    expected = BLEU(trg_lang="de").corpus_score(found, [[target for _, target in pairs]]).score
    assert ValidationBleu(data, 4).score(model) == expected


def test_it_follows_the_weights(data, single):
    model, _, _ = load_translator(single)
    bleu = ValidationBleu(data, 12)
    before = bleu.score(model)
    trained = model.get_weights()
    model.set_weights([0 * weight for weight in trained])
    assert bleu.score(model) == 0.0 < before
    model.set_weights(trained)
    assert bleu.score(model) == before


def test_all_sentences_where_there_are_fewer(data):
    assert len(ValidationBleu(data, 1000).sources) == 12


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="expected a prepared data folder"):
        ValidationBleu(tmp_path)


class Scripted(ValidationBleu):
    """Its scores are given, so that what listens to them can be told apart."""

    def score(self, model):
        return next(self.scores)


def fit(data, small, callbacks, epochs=6):
    config = make_config("tiny", small)
    keras.utils.set_random_seed(0)
    model = build_translator(config, 60)
    model.compile(config.make_optimizer())
    batches = TokenBatches(TokenCorpus(data, "train"), 128, 1)
    example = next(batches.pairs_from(0))
    return model, model.fit(
        stream(batches.pairs_from(0), example),
        steps_per_epoch=1,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks,
    )


def test_early_stopping_and_checkpoints_listen_to_bleu(data, small, tmp_path):
    bleu = Scripted(data, 2)
    bleu.scores = iter([1.0, 7.0, 3.0, 6.0, 9.0])
    stopping = keras.callbacks.EarlyStopping(
        monitor="bleu", mode="max", patience=2, restore_best_weights=True
    )
    path = tmp_path / "best.weights.h5"
    saving = keras.callbacks.ModelCheckpoint(
        path, monitor="bleu", mode="max", save_best_only=True, save_weights_only=True
    )
    model, history = fit(data, small, [bleu, stopping, saving])
    assert history.history["bleu"] == [1.0, 7.0, 3.0, 6.0]
    kept = model.get_weights()
    model.load_weights(path)
    for one, other in zip(model.get_weights(), kept, strict=True):
        assert (one == other).all()


def test_fit_has_the_real_score_in_its_history(data, small):
    bleu = ValidationBleu(data, 12)
    model, history = fit(data, small, [bleu], epochs=1)
    assert history.history["bleu"] == [bleu.score(model)]
