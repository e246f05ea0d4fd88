"""Proof by installation: environments made, filled, tried and taken away again."""
