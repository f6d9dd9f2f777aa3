"""Small servers that speak Cloud Storage and Pub/Sub well enough for Google's own clients, on 127.0.0.1.

They keep everything in memory and do on demand what the real services do only now and then: 429, 503, resets,
duplicates, late and lost acknowledgements.
"""
