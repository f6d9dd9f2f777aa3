"""Notices documents, writes them into the ledger, dispatches what is due."""
