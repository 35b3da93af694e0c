"""Training of translators: the run's directory, validation BLEU, loading."""
