"""The ensembles that BatchEnsemble is compared with: sources of logits `(B, M, ..., C)`."""

from be_keras.ensembles.deep import DeepEnsemble
from be_keras.ensembles.mc_dropout import MCDropout

__all__ = ["DeepEnsemble", "MCDropout"]
