"""The `countersign` command; thin, and imports the rest only where a command needs it."""
