"""The films that were dropped together."""
