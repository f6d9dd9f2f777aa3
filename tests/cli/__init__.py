"""Tests of the command line, one module at a time."""
