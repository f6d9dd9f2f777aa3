"""One file a network, readable top to bottom: every choice stands at the top with its reason."""
