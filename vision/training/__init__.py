"""Training of classifiers: built, fitted, and what that costs."""
