"""Image classification with BatchEnsemble: data, models and one command a verb."""
