"""``python -m pinfix``."""

from pinfix.start import main

main()
