"""A plan turned into text: diff, summary, JSON (pure)."""
