"""The ensembles that BatchEnsemble is compared with: sources of logits `(B, M, ..., C)`."""

from be_keras.ensembles.deep import DeepEnsemble

__all__ = ["DeepEnsemble"]
