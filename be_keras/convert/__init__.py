"""Conversion: a Keras model into a BatchEnsemble, and one member into a Keras model.

Takes Sequential and Functional models of any nesting, with their weights, and leaves them as they
were: what comes out holds copies.
"""

from be_keras.convert.branching import branch_off
from be_keras.convert.choice import last, signs_in_the_head
from be_keras.convert.distillation import distillation_targets
from be_keras.convert.ensemble import to_batch_ensemble
from be_keras.convert.extract import extract_member
from be_keras.convert.known import register_known
from be_keras.convert.perturbation import disagreement, perturb
from be_keras.convert.rules import register_rule

__all__ = [
    "branch_off",
    "disagreement",
    "distillation_targets",
    "extract_member",
    "last",
    "perturb",
    "register_rule",
    "signs_in_the_head",
    "to_batch_ensemble",
]

register_known()
