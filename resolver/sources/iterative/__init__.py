"""Iterative resolution: from the root's servers down to the ones that know, without any forwarder.

`Iterative` is what a caller gives to a resolver instead of an address. The walk is pure (`walk`, `servers`, `reading`,
`memory`, `roster`); `upstream` runs it under trio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.sources.iterative.hints import RootHints
    from resolver.sources.iterative.upstream import IterativeUpstream

__all__ = ["Iterative"]


class Iterative:
    """An upstream that asks authoritative servers itself: `Resolver(Iterative())`.

    Each resolver object that is given it has a memory of its own.
    """

    __module__ = "resolver"

    def __init__(self, *, root_hints: RootHints = None, minimise: bool = False) -> None:
        """Read the hints; nothing is asked yet.

        Args:
            root_hints: where the root's servers are. None: those of IANA; a path: a file in master file format
                (RFC 9609); a mapping: server name -> address, or several. All addresses may have one port,
                "127.0.0.1:5353", which is then the port of every server of the tree.
            minimise: whether each server is shown no more of a name than it needs (QNAME minimisation, RFC 9156);
                that costs a round trip for each label that is no zone.

        Raises:
            BadUpstream: the hints cannot be understood.
            BadInput: `minimise` is neither True nor False.
        """
        from resolver.sources.iterative.hints import read_hints

        if not isinstance(minimise, bool):
            raise BadInput(f"minimise must be True or False, not {minimise!r}")
        self._hints = read_hints(root_hints)
        self._minimise = minimise

    def open(self, *, clock: Callable[[], float]) -> IterativeUpstream:
        """What answers questions; `clock` gives POSIX seconds."""
        from resolver.sources.iterative.upstream import IterativeUpstream

        return IterativeUpstream(self._hints, clock=clock, minimise=self._minimise)

    def __repr__(self) -> str:
        return f"<Iterative from {len(self._hints.servers)} root servers>"
