"""pinfix: rewrites the pins that have no wheel for the deploy host."""

__version__ = "0.1.0"
