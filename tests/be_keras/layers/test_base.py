"""What every layer with fast weights refuses, and files of another ensemble size."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.layers import (
    Conv2DBatchEnsemble,
    DenseBatchEnsemble,
    EinsumDenseBatchEnsemble,
    EmbeddingBatchEnsemble,
    LayerNormalizationBatchEnsemble,
)

LAYERS = {
    "conv": lambda **options: Conv2DBatchEnsemble(3, 2, ensemble_size=2, **options),
    "dense": lambda **options: DenseBatchEnsemble(3, ensemble_size=2, **options),
    "einsum": lambda **options: EinsumDenseBatchEnsemble(
        "bd,de->be", 3, ensemble_size=2, **options
    ),
    "embedding": lambda **options: EmbeddingBatchEnsemble(7, 3, ensemble_size=2, **options),
}


@pytest.fixture(params=sorted(LAYERS))
def make(request):
    """From options to one kind of layer."""
    return LAYERS[request.param]


def test_lora_is_refused(make):
    with pytest.raises(ValueError, match="does not support LoRA.*freeze"):
        make().enable_lora(2)
    with pytest.raises(ValueError, match="lora_rank"):
        make(lora_rank=2)


@pytest.mark.parametrize("policy", ["int8_from_float32", "float8_from_mixed_bfloat16"])
def test_quantised_policies_are_refused(make, policy):
    with pytest.raises(ValueError, match=f"does not support quantised policies.*{policy}"):
        make(dtype=policy)


def test_a_quantised_model_says_which_layers_stay_in_floats():
    ours, keras_own = LAYERS["dense"](), keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((4,)), ours, keras_own])
    rows = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    before = np.asarray(ours(rows))
    with pytest.warns(UserWarning, match="DenseBatchEnsemble .* does not support quantisation"):
        model.quantize("int8")
    assert keras_own.quantization_mode == "int8"
    np.testing.assert_array_equal(ours(rows), before)
    assert model(rows).shape == (4, 2)


def built_model(size, **options):
    body = [
        keras.Input((4,)),
        DenseBatchEnsemble(3, ensemble_size=size, name="dense", **options),
        LayerNormalizationBatchEnsemble(ensemble_size=size),
    ]
    return EnsembleModel(keras.Sequential(body), size)


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5", "model.h5"])
def test_a_file_of_another_ensemble_size_says_so(name, tmp_path):
    file = tmp_path / name
    for size in (2, 5):
        model = built_model(size)
        (model.save_weights if "weights" in name else model.save)(file)
        if size == 2:
            other = built_model(5)
            message = "with ensemble_size=2, and .*'dense' has ensemble_size=5. Load"
            if name == "model.h5":
                message = r"\(5, 4\).*\(2, 4\).* that of the members.* has ensemble_size=5. Load"
            with pytest.raises(ValueError, match=message):
                other.load_weights(file)
    other.load_weights(file)  # what was refused takes the right file
    for got, want in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_file_that_differs_otherwise_is_keras_affair(tmp_path):
    built_model(2).save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ValueError, match="expected 3 variables|variables"):
        built_model(2, use_bias=False).load_weights(tmp_path / "model.weights.h5")
