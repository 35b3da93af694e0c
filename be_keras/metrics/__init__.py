"""Measures an ensemble: records of its `(B, M, ..., C)` logits, and scores of the records."""

from be_keras.metrics.bootstrap import bootstrap_difference, bootstrap_intervals
from be_keras.metrics.calibration import expected_calibration_error, reliability_table
from be_keras.metrics.records import ensemble_records
from be_keras.metrics.scores import scores
from be_keras.metrics.store import Records

__all__ = [
    "Records",
    "bootstrap_difference",
    "bootstrap_intervals",
    "ensemble_records",
    "expected_calibration_error",
    "reliability_table",
    "scores",
]
