"""Target strings and presets to wheel tags and marker environments (pure)."""
