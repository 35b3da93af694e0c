"""Image classification with BatchEnsemble: readers, small networks, and experiments on them."""
