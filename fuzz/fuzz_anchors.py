"""Any text at all is a set of anchors or BadAnchor; what was read is sound and can be joined and asked.

Run: `python fuzz/fuzz_anchors.py -max_total_time=20`, from the project's root with atheris installed.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["resolver"]):
    from resolver.data.name import ROOT
    from resolver.errors import BadAnchor
    from resolver.validator import anchor_text  # noqa: F401  instrumented here, imported lazily there
    from resolver.validator.anchors import Anchors

IANA = Anchors.iana()


def judge(octets: bytes) -> None:
    """One input: read it, then look at what came out."""
    try:
        anchors = Anchors.from_text(octets.decode("utf-8", "surrogateescape"))
    except BadAnchor as refused:
        assert str(refused)
        return
    for anchor in anchors:
        assert (anchor.ds is None) != (anchor.dnskey is None)
        assert 0 <= anchor.tag <= 0xFFFF
        assert anchors.closest(anchor.zone) == anchor.zone
        assert anchor in anchors.at(anchor.zone)
    both = anchors | IANA
    assert both.closest(ROOT) == ROOT
    assert set(anchors.points) <= set(both.points)
    assert repr(both)


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
