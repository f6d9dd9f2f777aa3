"""Pixels to signatures: arrays in, signatures out; knows nothing of documents, queues or SQL."""
