"""The translation track: a BatchEnsemble Transformer from parallel text to a report."""
