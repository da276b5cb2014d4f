"""The one thing that every offline source can do: answer a question with a message or with the reason for none.

A source never judges, reads no clock and never waits; what it says is a claim (R120).
"""

from __future__ import annotations

from typing import Protocol

from resolver.data.rrset import Message, NoReply, Question

__all__ = ["Message", "NoReply", "Question", "Source"]


class Source(Protocol):
    """Somewhere to ask, without a network: a zone snapshot, a recording, or something of the caller's own."""

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply to a question.

        Args:
            question: name and type; class IN.
            cd: whether the CD bit would be set (RFC 4035 §3.2.2): a source that validates must then pass on what it
                believes to be wrong.

        Raises:
            BadSnapshot: the source's own data cannot be understood.
        """
        ...
