"""Tests, in tiers: each room's own, whole journeys, and faults."""
