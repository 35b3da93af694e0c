"""Evaluation of trained classifiers: predictions, scores, DEE, memory, corruptions."""
