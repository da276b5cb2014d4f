"""The drivers that run the judge's plans, and what they remember: caches, single flight, the hidden trio thread."""
