"""Verdicts over many names: not yet in this release (architecture.md, "Layers and folders")."""
