"""Tests of the documentation: what it shows works, and what exists is in it."""
