"""``python -m pinfix``."""

from pinfix.cli import main

main()
