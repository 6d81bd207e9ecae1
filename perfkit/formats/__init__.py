"""Input formats: one file is one format, bytes in, canonical tables out."""
