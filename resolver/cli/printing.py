"""What goes to standard output: the traces in the format that was chosen, with forecast and suppositions where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.cli import codes, judging, output
from resolver.cli.version import installed

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.cli.judging import Case
    from resolver.data.rrset import RRset
    from resolver.trace.document import Json
    from resolver.trace.suppositions import Replacement
    from resolver.validator.outcome import Outcome


class Shown(NamedTuple):
    """One verdict with what was asked beside it: the suppositions in words and the verdict under them, and the new keys."""

    case: Case
    words: list[str]
    after: Outcome[object] | None
    replacement: Replacement | None
    dropped: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What the supposition changes, in a sentence."""
        from resolver.trace import suppositions

        assert self.after is not None
        return suppositions.difference(self.case.outcome, self.after, self.dropped)

    @property
    def is_dropped(self) -> bool:
        """Whether the verdict is insecure only because a DS is supposed to be gone."""
        return self.after is not None and str(getattr(self.after, "cut", "")) in self.dropped

    @property
    def decisive(self) -> Outcome[object]:
        """The verdict that decides the exit code."""
        return self.after if self.after is not None else self.case.outcome


def write(arguments: Arguments, names: list[list[Case]]) -> list[tuple[Outcome[object], int]]:
    """Print; give back the verdicts that decide, one for each name, with their exit codes.

    Raises:
        BadInput: a supposition that cannot be made.
    """
    shown = [[_shown(arguments, case) for case in group] for group in names]
    flat = [each for group in shown for each in group]
    if arguments.sarif:
        from resolver.trace import reports

        found = reports.sarif([each.decisive for each in flat], installed("dnssec-resolver"))
        output.write(output.dump(found, arguments))
    elif arguments.junit:
        from resolver.trace import reports

        output.write(reports.junit([group[0].decisive for group in shown], arguments.expect))
    elif arguments.json_lines:
        import json

        output.write("".join(json.dumps(_object(arguments, each)).replace("\x7f", "\\u007f") + "\n" for each in flat))
    elif arguments.json:
        output.write(output.dump(_objects(arguments, shown), arguments))
    else:
        output.write(_text(arguments, shown))
    decisive = [(group[0].decisive, _code(group[0])) for group in shown]
    return decisive + [(outcome, codes.exit_code(outcome)) for group in shown for outcome in _odd(group)]


def _odd(group: list[Shown]) -> list[Outcome[RRset]]:
    """The verdicts over servers that differ from the others (--iterate); each counts as one of its own."""
    if not group[0].case.authorities:
        return []
    from resolver.trace import authorities

    found = [authorities.verdict(row) for odd in authorities.odd_ones(group[0].case.authorities) for row in odd.rows]
    return [outcome for outcome in found if outcome is not None]


def _code(each: Shown) -> int:
    """The exit code; that a DS is gone is no policy of ours."""
    return codes.INSECURE if each.is_dropped else codes.exit_code(each.decisive)


def _shown(arguments: Arguments, case: Case) -> Shown:
    supposed = judging.supposed(arguments, case)
    after = case.again(supposed[1]) if supposed is not None else None
    replacement = None
    if arguments.replace_key is not None:
        from resolver.cli import key_file
        from resolver.trace import suppositions

        zone, keys = key_file.load(arguments.replace_key)
        replacement = suppositions.replace_keys(case.outcome, zone, keys)
    from resolver.data.name import to_name

    dropped = tuple(str(to_name(text)) for text in arguments.drop_ds)
    return Shown(case, supposed[0] if supposed is not None else [], after, replacement, dropped)


def _objects(arguments: Arguments, shown: list[list[Shown]]) -> Json:
    """One object; several types of one name are under `also`, several names are a list."""
    found: list[Json] = []
    for group in shown:
        first, *others = (_object(arguments, each) for each in group)
        for other in others:
            other.pop("authorities", None)  # they are those of all types together
            first["also"] = other
        found.append(first)
    return found[0] if arguments.input is None else found


def _object(arguments: Arguments, each: Shown) -> dict[str, Json]:
    from resolver import trace
    from resolver.trace import suppositions

    made = trace.json(each.case.outcome)
    if arguments.forecast:
        from resolver.trace import document, forecast

        made["forecast"] = document.events(forecast.timeline(each.case.outcome, each.case.later))
    if each.case.authorities:
        from resolver.trace import authorities

        made["authorities"] = authorities.as_json(each.case.authorities)
    if each.case.before is not None:
        from resolver.trace import document

        made["published"] = {
            "verdict": each.case.before.status,
            "cause": document.cause(each.case.before),
            "says": suppositions.difference(each.case.before, each.case.outcome),
        }
    if each.after is not None:
        from resolver.trace import document

        made["what_if"] = {
            "supposed": list(each.words),
            "verdict": each.after.status,
            "cause": document.cause(each.after),
            "says": each.says,
            "changed": each.after.status != each.case.outcome.status,
        }
    if each.replacement is not None:
        records: list[Json] = list(each.replacement.records)
        made["new_keys"] = {"held": each.replacement.held, "says": each.replacement.says, "records": records}
    return made


def _text(arguments: Arguments, shown: list[list[Shown]]) -> str:
    look = output.look_of(arguments)
    if arguments.quiet:
        from resolver.trace import terminal

        odd = _different(shown, look._replace(width=0))
        if odd:
            return odd
        lines = [terminal.headline(group[0].decisive, color=look.color, ascii_only=look.ascii_only) for group in shown]
        return "".join(line + "\n" for line in lines)
    traces = "\n".join(_one(arguments, each, look) for group in shown for each in group)
    return _different(shown, look) + traces + _servers(arguments, shown, look)


def _different(shown: list[list[Shown]], look: output.Look) -> str:
    """The first line where one of the servers differs (--iterate); there is one name then."""
    if not shown[0][0].case.authorities:
        return ""
    from resolver.trace import authorities

    zones = shown[0][0].case.authorities
    return authorities.headline_line(zones, color=look.color, ascii_only=look.ascii_only, width=look.width)


def _servers(arguments: Arguments, shown: list[list[Shown]], look: output.Look) -> str:
    """The servers on the way (--iterate)."""
    if not shown[0][0].case.authorities:
        return ""
    from resolver.trace import authorities

    zones = shown[0][0].case.authorities
    return authorities.table(
        zones, verbose=arguments.verbose, color=look.color, ascii_only=look.ascii_only, width=look.width
    )


def _one(arguments: Arguments, each: Shown, look: output.Look) -> str:
    from resolver import trace

    outcome, color, ascii_only, width = each.case.outcome, look.color, look.ascii_only, look.width
    made = trace.text(outcome, color=color, ascii=ascii_only, width=width, verbose=arguments.verbose)
    if each.case.before is not None:
        from resolver.trace import outlook, suppositions

        says = suppositions.difference(each.case.before, outcome)
        made = outlook.published_text(each.case.before, made, says, color=color, ascii_only=ascii_only, width=width)
    if arguments.forecast:
        from resolver.trace import forecast, outlook

        events = forecast.timeline(outcome, each.case.later)
        made += outlook.forecast_text(
            outcome, events, verbose=arguments.verbose, color=color, ascii_only=ascii_only, width=width
        )
    if each.after is not None:
        from resolver.trace import outlook

        made += outlook.supposed_text(
            each.after, each.words, each.says, color=color, ascii_only=ascii_only, width=width
        )
    if each.replacement is not None:
        from resolver.trace import outlook

        made += outlook.replacement_text(each.replacement, color=color, ascii_only=ascii_only, width=width)
    return made
