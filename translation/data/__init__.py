"""Prepared text: vocabulary, token ids, batches, and the card that describes them."""
