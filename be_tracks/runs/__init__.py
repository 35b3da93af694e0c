"""Runs: a directory with its settings, log and checkpoints, and how they are read again."""
