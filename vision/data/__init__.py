"""Images: sources, decoding, batches and augmentation."""
