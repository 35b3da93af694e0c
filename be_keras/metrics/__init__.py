"""Measures an ensemble: records of its `(B, M, ..., C)` logits, and scores of the records."""

from be_keras.metrics.bootstrap import bootstrap_difference, bootstrap_intervals
from be_keras.metrics.calibration import expected_calibration_error, reliability_table
from be_keras.metrics.diversity import (
    disagreement_matrix,
    divergence_by_confidence,
    kl_matrix,
    member_scores,
)
from be_keras.metrics.equivalent import (
    deep_ensemble_equivalent,
    equivalent_with_interval,
    reference_curve,
)
from be_keras.metrics.gradients import member_gradient_cosines
from be_keras.metrics.log_probs import mean_log_probs
from be_keras.metrics.ood import auroc_interval, ood_scores, uncertainties
from be_keras.metrics.records import Records, ensemble_records
from be_keras.metrics.scores import scores
from be_keras.metrics.temperature import calibrated_log_likelihood, fit_temperature

__all__ = [
    "Records",
    "auroc_interval",
    "bootstrap_difference",
    "bootstrap_intervals",
    "calibrated_log_likelihood",
    "deep_ensemble_equivalent",
    "disagreement_matrix",
    "divergence_by_confidence",
    "ensemble_records",
    "equivalent_with_interval",
    "expected_calibration_error",
    "fit_temperature",
    "kl_matrix",
    "mean_log_probs",
    "member_gradient_cosines",
    "member_scores",
    "ood_scores",
    "reference_curve",
    "reliability_table",
    "scores",
    "uncertainties",
]
