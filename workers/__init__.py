"""The Celery app and its task: fetch, decode, judge, record."""
