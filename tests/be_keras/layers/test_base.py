"""What every layer with fast weights refuses."""

import keras
import numpy as np
import pytest

from be_keras.layers import (
    Conv2DBatchEnsemble,
    DenseBatchEnsemble,
    EinsumDenseBatchEnsemble,
    EmbeddingBatchEnsemble,
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
