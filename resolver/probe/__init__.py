"""Talks TLS to real peers: not yet in this release (architecture.md, "Layers and folders")."""
