"""Rule packs: TOML to rules, and rules applied to requirements (pure but for reading the packs)."""
