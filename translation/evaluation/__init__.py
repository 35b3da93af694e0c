"""Scores of translators: BLEU of translations, records of tokens."""
