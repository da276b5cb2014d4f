"""A file of DNSKEY records, such as dnssec-keygen writes (`Kexample.com.+013+12345.key`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.data.name import Name
    from resolver.data.views import Dnskey


def load(path: str) -> tuple[Name, list[Dnskey]]:
    """The zone and its keys.

    Raises:
        BadInput: the file cannot be read, holds no DNSKEY, or those of two zones.
    """
    from resolver.data.views import read_dnskey
    from resolver.validator.anchors import Anchors

    found = [anchor for anchor in Anchors.load(path).all if anchor.dnskey is not None]
    zones = sorted({anchor.zone for anchor in found})
    if not found:
        raise BadInput(f"{path}: no DNSKEY record in it; a DS does not say which key it stands for")
    if len(zones) > 1:
        raise BadInput(f"{path}: keys of {' and '.join(map(str, zones))}; give those of one zone")
    views = [read_dnskey(anchor.dnskey) for anchor in found if anchor.dnskey is not None]
    return zones[0], [view for view in views if view is not None]
