"""A network of keras.applications: converted, saved, loaded, and a member of that extracted."""

import keras
import numpy as np

from be_keras.convert import extract_member, to_batch_ensemble


def test_mobilenet(tmp_path, randomise, part, check_members):
    model = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=5, classifier_activation=None
    )
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    ensemble = to_batch_ensemble(randomise(model), 2)
    check_members(ensemble, model, x)
    outputs = np.asarray(part(ensemble)(x))
    assert np.max(np.std(outputs, axis=1)) > 1e-2
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.models.load_model(tmp_path / "ensemble.keras")
    np.testing.assert_allclose(extract_member(again, 1)(x), outputs[:, 1], rtol=1e-4, atol=1e-5)
