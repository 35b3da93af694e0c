"""Records against a plain float64 loop, known answers, and the shapes and dtypes they promise."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.metrics import ensemble_records

INTEGER = {"label", "prediction"}
OF_LOGITS = functools.partial(ensemble_records, outputs="logits")


def as_numpy(records):
    return {name: ops.convert_to_numpy(array) for name, array in records.items()}


def compiled(function):
    """Compile for the active backend; under TensorFlow once with unknown B and T, once by XLA."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        specs = [
            tf.TensorSpec((None, 3, None, 5), "float32"),
            tf.TensorSpec((None, None), "int32"),
        ]
        return [
            tf.function(function, input_signature=specs),
            tf.function(function, jit_compile=True),
        ]
    import jax

    return [jax.jit(function)]


def measure(logits, labels):
    """Records as NumPy arrays; compiled on JAX, which otherwise compiles every op on its own."""
    function = OF_LOGITS
    if keras.backend.backend() == "jax":
        (function,) = compiled(OF_LOGITS)
    return as_numpy(function(logits, labels))


def random_case(shape, seed=0, scale=2.0):
    """Logits of `shape` `(B, M, ..., C)` and labels `(B, ...)`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=scale, size=shape).astype("float32")
    return logits, rng.integers(0, shape[-1], (shape[0], *shape[2:-1])).astype("int32")


def softmax(row):
    weights = [math.exp(x - max(row)) for x in row]
    return [weight / sum(weights) for weight in weights]


def entropy(p):
    return -sum(x * math.log(x) for x in p if x > 0)


def describe_one(logits, label):
    """The definitions, one example `(M, C)` at a time, in double precision."""
    p = [softmax([float(x) for x in row]) for row in logits]
    members, classes = len(p), len(p[0])
    mean = [sum(row[c] for row in p) / members for c in range(classes)]
    unordered = list(itertools.combinations(p, 2))
    kl = [
        sum(a[c] * math.log(a[c] / b[c]) for c in range(classes))
        for a, b in itertools.permutations(p, 2)
    ]
    mean_entropy = sum(entropy(row) for row in p) / members
    return {
        "label": label,
        "prediction": int(np.argmax(mean)),
        "correct": float(np.argmax(mean) == label),
        "member_correct": sum(np.argmax(row) == label for row in p) / members,
        "confidence": max(mean),
        "log_likelihood": math.log(mean[label]),
        "member_log_likelihood": sum(math.log(row[label]) for row in p) / members,
        "brier": sum((mean[c] - (c == label)) ** 2 for c in range(classes)),
        "entropy": entropy(mean),
        "member_entropy": mean_entropy,
        "mutual_information": entropy(mean) - mean_entropy,
        "disagreement": sum(np.argmax(a) != np.argmax(b) for a, b in unordered)
        / max(len(unordered), 1),
        "pairwise_kl": sum(kl) / max(len(kl), 1),
    }


@pytest.mark.parametrize("shape", [(3, 3, 7), (4, 1, 6), (2, 3, 4, 5), (2, 2, 2, 3, 4)])
def test_every_record_follows_its_definition(shape):
    logits, labels = random_case(shape)
    records = measure(logits, labels)
    for index in np.ndindex(labels.shape):
        example = logits[(index[0], slice(None), *index[1:])]
        expected = describe_one(example, int(labels[index]))
        assert records.keys() == expected.keys()
        for name, value in expected.items():
            assert records[name][index] == pytest.approx(value, rel=1e-4, abs=2e-6), name


def test_shapes_and_dtypes():
    records = ensemble_records(*random_case((2, 3, 4, 5)), outputs="logits")
    for name, array in records.items():
        assert tuple(array.shape) == (2, 4), name
        expected = "int32" if name in INTEGER else "float32"
        assert keras.backend.standardize_dtype(array.dtype) == expected, name


def test_uniform_members_know_nothing_and_agree():
    records = measure(np.zeros((1, 4, 10), "float32"), np.array([3]))
    assert records["entropy"] == pytest.approx(math.log(10), rel=1e-6)
    assert records["log_likelihood"] == pytest.approx(-math.log(10), rel=1e-6)
    assert records["brier"] == pytest.approx(0.9, rel=1e-6)
    for name in ("mutual_information", "disagreement", "pairwise_kl"):
        assert records[name] == pytest.approx(0.0, abs=1e-6), name


def test_one_network_has_no_information_between_members_at_all():
    """What rounding left of it would be ranked by measures of detection."""
    records = ensemble_records(*random_case((500, 1, 10)), outputs="logits")
    assert not np.any(records["mutual_information"])
    np.testing.assert_array_equal(records["member_entropy"], records["entropy"])


def test_two_certain_members_that_disagree():
    logits = np.array([[[100.0, 0.0, 0.0], [0.0, 100.0, 0.0]]], "float32")
    records = measure(logits, np.array([0]))
    assert records["mutual_information"] == pytest.approx(math.log(2), rel=1e-6)
    assert records["member_entropy"] == pytest.approx(0.0, abs=1e-6)
    assert records["log_likelihood"] == pytest.approx(-math.log(2), rel=1e-6)
    assert records["member_log_likelihood"] == pytest.approx(-50.0, rel=1e-6)
    assert records["pairwise_kl"] == pytest.approx(100.0, rel=1e-6)
    assert records["disagreement"] == 1.0
    assert records["member_correct"] == 0.5
    assert records["brier"] == pytest.approx(0.5, rel=1e-6)


def test_disagreement_counts_pairs():
    votes = [0, 0, 1, 2]
    logits = 5.0 * np.eye(3, dtype="float32")[votes][None]
    records = measure(logits, np.array([0]))
    assert records["disagreement"] == pytest.approx(5 / 6, rel=1e-6)


def test_a_single_network_has_no_diversity():
    records = measure(*random_case((4, 1, 6), scale=5.0))
    assert np.all(records["disagreement"] == 0)
    assert np.all(records["pairwise_kl"] == 0)
    assert records["mutual_information"] == pytest.approx(0.0, abs=2e-6)
    np.testing.assert_allclose(
        records["log_likelihood"], records["member_log_likelihood"], rtol=1e-6
    )
    np.testing.assert_array_equal(records["correct"], records["member_correct"])


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(4)), st.integers(0, 100))
def test_the_order_of_members_does_not_matter(order, seed):
    logits, labels = random_case((3, 4, 6), seed)
    records = measure(logits, labels)
    permuted = measure(logits[:, order], labels)
    for name, array in records.items():
        np.testing.assert_allclose(permuted[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([0.01, 1.0, 30.0, 1e4]))
def test_ranges_and_inequalities(seed, scale):
    records = measure(*random_case((3, 4, 6), seed, scale))
    assert all(np.isfinite(array).all() for array in records.values())
    for name in ("confidence", "correct", "member_correct", "disagreement"):
        assert np.all((records[name] >= 0) & (records[name] <= 1)), name
    for name in ("entropy", "member_entropy", "mutual_information", "pairwise_kl", "brier"):
        assert np.all(records[name] >= 0), name
    # Jensen: the mean probability is at least as good as a member on average.
    slack = 1e-5 * (1 + abs(records["log_likelihood"]))
    assert np.all(records["log_likelihood"] >= records["member_log_likelihood"] - slack)
    assert np.all(records["mutual_information"] <= math.log(4) + 1e-5)
    assert np.all(records["mutual_information"] <= records["pairwise_kl"] * 3 / 4 + 1e-5)


def test_rounding_takes_no_score_out_of_its_range():
    logits, _ = random_case((3000, 1, 6), scale=20.0)
    records = measure(np.repeat(logits, 3, axis=1), logits[:, 0].argmax(axis=-1).astype("int32"))
    assert records["mutual_information"].min() == 0
    assert records["brier"].min() == 0
    assert records["confidence"].max() == 1


@pytest.mark.parametrize("wrong", [0, 1])
def test_extreme_logits_stay_finite(wrong):
    logits = np.full((1, 2, 3), -1e4, "float32")
    logits[..., 0] = 1e4
    records = measure(logits, np.array([wrong]))
    assert all(np.isfinite(array).all() for array in records.values())
    assert records["log_likelihood"] == pytest.approx(-2e4 * wrong)
    assert records["entropy"] == pytest.approx(0.0, abs=1e-6)
    assert records["brier"] == pytest.approx(2.0 * wrong)


def test_nearly_equal_members_keep_the_digits_of_their_divergence():
    logits, labels = random_case((1, 1, 2000), scale=1.0)
    noise = np.random.default_rng(1).normal(scale=1e-3, size=(1, 4, 2000))
    logits = (logits + noise).astype("float32")
    expected = describe_one(logits[0], int(labels[0]))["pairwise_kl"]
    assert 1e-7 < expected < 1e-5
    records = measure(logits, labels)
    assert records["pairwise_kl"] == pytest.approx(expected, rel=1e-2)


def test_low_precision_logits_are_measured_in_float32():
    logits, labels = random_case((3, 4, 6))
    low = ops.cast(logits, "bfloat16")
    records = measure(low, labels)
    expected = measure(ops.cast(low, "float32"), labels)
    for name, array in expected.items():
        assert records[name].dtype == array.dtype
        np.testing.assert_allclose(records[name], array, rtol=1e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("broken", [None, -1, 5, "nan", "inf", "-inf"])
def test_compiled_or_not_a_broken_record_is_nan_and_harms_no_other(broken):
    logits, labels = random_case((2, 3, 4, 5))
    if broken in (-1, 5):
        labels[0, 1] = broken
    elif broken:
        logits[0, 2, 1, 3] = float(broken)
    for function in [OF_LOGITS, *compiled(OF_LOGITS)]:
        records = as_numpy(function(ops.convert_to_tensor(logits), ops.convert_to_tensor(labels)))
        expected = measure(*random_case((2, 3, 4, 5)))
        for name in ("log_likelihood", "member_log_likelihood", "brier"):
            assert np.isnan(records[name][0, 1]) == (broken is not None), name
        for name, array in expected.items():
            sound = np.ones((2, 4), bool)
            sound[0, 1] = broken is None
            np.testing.assert_allclose(
                records[name][sound], array[sound], rtol=1e-5, atol=1e-6, err_msg=name
            )


def test_int64_labels_become_int32():
    logits, labels = random_case((3, 2, 5))
    records = measure(logits, labels.astype("int64"))
    assert records["label"].dtype == np.int32
    np.testing.assert_array_equal(records["label"], labels)


@pytest.mark.parametrize(
    ("logits_shape", "labels_shape", "message"),
    [
        ((4, 5), (4,), "known number of members"),
        ((4, 2, 5), (3,), r"need labels of shape \(4,\)"),
        ((4, 2, 5), (4, 2), r"need labels of shape \(4,\)"),
        ((4, 2, 3, 5), (4,), r"need labels of shape \(4, 3\)"),
    ],
)
def test_shapes_that_do_not_fit(logits_shape, labels_shape, message):
    with pytest.raises(ValueError, match=message):
        logits, labels = np.zeros(logits_shape, "float32"), np.zeros(labels_shape, "int32")
        ensemble_records(logits, labels, outputs="logits")


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_labels_must_be_integers(dtype):
    with pytest.raises(ValueError, match="must be integers"):
        ensemble_records(np.zeros((2, 2, 3), "float32"), np.zeros(2, dtype), outputs="logits")


PREDICTED = np.random.default_rng(9).normal(size=(6, 3, 2, 2, 4)).astype("float32")  # of pixels
ASKED = np.random.default_rng(8).integers(0, 2, size=(6, 2, 2, 4))  # yes or no


def of(predictions, labels, outputs):
    records = ensemble_records(predictions, labels, outputs=outputs)
    return {name: np.asarray(value) for name, value in records.items()}


def test_probabilities_of_pixels_give_the_records_of_their_logits():
    p = np.asarray(ops.softmax(PREDICTED))
    expected = of(PREDICTED, ASKED[..., 0], "logits")
    found = of(p, ASKED[..., 0], "probabilities")
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    chosen = np.take_along_axis(p.mean(1), ASKED[..., :1], axis=-1)[..., 0]
    np.testing.assert_allclose(found["log_likelihood"], np.log(chosen), rtol=1e-5)


@pytest.mark.parametrize("kind", ["binary_logits", "binary_probabilities"])
def test_every_label_of_a_multi_label_output_is_a_question(kind):
    p = 1 / (1 + np.exp(-PREDICTED))
    found = of(PREDICTED if kind == "binary_logits" else p, ASKED, kind)
    yes = p.mean(1)
    likelihood = np.where(ASKED == 1, yes, 1 - yes)
    np.testing.assert_allclose(found["log_likelihood"], np.log(likelihood), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["confidence"], np.maximum(yes, 1 - yes), rtol=1e-5)
    np.testing.assert_array_equal(found["correct"], (yes > 0.5) == ASKED)
    np.testing.assert_allclose(found["brier"], 2 * (1 - likelihood) ** 2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["logits", "probabilities", "binary_logits"])
def test_one_number_is_a_question_too(kind):
    """As a class of its own it would have confidence one."""
    logits, labels = PREDICTED[:, :, 0, 0, :1], ASKED[:, 0, 0, 0]
    p = 1 / (1 + np.exp(-logits))
    found = of(p if kind == "probabilities" else logits, labels[:, None], kind)
    flat = of(p if kind == "probabilities" else logits, labels, kind)
    yes = p.mean(1)[:, 0]
    expected = np.log(np.where(labels == 1, yes, 1 - yes))
    np.testing.assert_allclose(found["log_likelihood"][:, 0], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(found["log_likelihood"], flat["log_likelihood"])


def test_what_predictions_are_has_to_be_said_and_is_checked():
    logits, labels = PREDICTED[:, :, 0, 0], ASKED[:, 0, 0, 0]
    with pytest.raises(TypeError, match="outputs"):
        ensemble_records(logits, labels)
    with pytest.raises(ValueError, match="`outputs` must be one of .*outputs='values'"):
        of(logits, labels, "values")
    for kind in ("probabilities", "binary_probabilities"):
        with pytest.raises(ValueError, match="sum to 1.*Received some.*outputs="):
            of(logits, ASKED[:, 0, 0] if kind.startswith("binary") else labels, kind)
