"""From parallel text to a data folder: read, cleaned, deduplicated, encoded."""
