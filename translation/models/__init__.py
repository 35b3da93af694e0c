"""The Transformer, plain or of BatchEnsemble layers."""
