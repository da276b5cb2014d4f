"""A policy in a JSON file: the members of `resolver.Policy` by name; what is left out keeps its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolver.errors import BadInput, BadSnapshot

if TYPE_CHECKING:
    from resolver.validator.policy import Policy

_PLAIN = ("allow_rsa_sha1", "min_rsa_bits", "clock_skew")


def load(path: str) -> Policy:
    """Read a policy, such as `{"min_rsa_bits": 2048, "algorithms": {"10": false}, "limits": {"queries": 32}}`.

    Raises:
        BadInput: the file cannot be read, is no JSON object, or has a member that a policy has not.
    """
    import json

    from resolver.data.files import read_text
    from resolver.validator.limits import Limits
    from resolver.validator.policy import Policy

    try:
        text = read_text(path)
    except BadSnapshot as refused:
        raise BadInput(f"--policy {refused}; or write permissive or strict") from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as refused:
        raise BadInput(f"--policy {path}: not JSON ({refused}); or write permissive or strict") from None
    if not isinstance(value, dict):
        raise BadInput(f"--policy {path}: a policy is one JSON object")
    members: dict[str, Any] = {}
    for name, given in value.items():
        if name in _PLAIN:
            members[name] = given
        elif name in ("algorithms", "digests"):
            members[name] = _numbers(path, name, given)
        elif name == "negative_anchors" and isinstance(given, dict):
            members[name] = {zone: _moment(path, until) for zone, until in given.items()}
        elif name == "limits" and isinstance(given, dict):
            try:
                members[name] = Limits(**given)
            except TypeError:
                raise BadInput(f"--policy {path}: no such limit in {', '.join(given)}") from None
        else:
            known = ", ".join((*_PLAIN, "algorithms", "digests", "negative_anchors", "limits"))
            raise BadInput(f"--policy {path}: no member {name!r}; there are {known}")
    if not isinstance(members.get("allow_rsa_sha1", False), bool):
        raise BadInput(f"--policy {path}: allow_rsa_sha1 is true or false")
    return Policy(**members)


def _numbers(path: str, name: str, given: object) -> dict[int, bool]:
    if not isinstance(given, dict) or not all(key.isdecimal() and isinstance(on, bool) for key, on in given.items()):
        raise BadInput(f'--policy {path}: {name} are numbers with true or false, as in {{"7": true}}')
    return {int(key): on for key, on in given.items()}


def _moment(path: str, text: object) -> float:
    from argparse import ArgumentTypeError

    from resolver.cli.arguments import moment

    try:
        return moment(str(text))
    except ArgumentTypeError as refused:
        raise BadInput(f"--policy {path}: {refused}") from None
