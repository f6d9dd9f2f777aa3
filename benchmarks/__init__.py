"""Figures anyone can rerun: `python -m benchmarks.NAME [--quick]` ends with one line of JSON."""
