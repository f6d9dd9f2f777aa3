"""The `countersign` command: thin, and it imports the rest of the house only where a command needs it."""
