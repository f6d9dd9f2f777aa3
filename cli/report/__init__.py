"""The report: one HTML file with totals, charts and a gallery of pages and signatures, opened from disk.

It needs no server and no network, and nothing in it runs but its own script, whose hash the page states.
"""
