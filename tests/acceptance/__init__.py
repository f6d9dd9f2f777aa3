"""Tests that drive the installed `countersign` command as a person does."""
