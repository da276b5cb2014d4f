"""What users call: the three resolver classes, and one-shots over one default resolver for the process."""

from __future__ import annotations

from resolver.api.asynchronous import AsyncResolver
from resolver.api.offline import OfflineResolver
from resolver.api.synchronous import Resolver, lookup, tlsa, trusted_tlsa

__all__ = ["AsyncResolver", "OfflineResolver", "Resolver", "lookup", "tlsa", "trusted_tlsa"]
