"""Reports: evaluations read, Markdown written, figures drawn in one style."""
