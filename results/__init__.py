"""The ledger: schema, every read and write of it, and the views people query.

Settings, errors and the task name that producer and workers share live here too, at the bottom of the house.
"""
