"""What the parser of the command line says, as messages that other languages have, too."""

import re

from quantsig.data.language.messages import Message, phrase, term

PLACE = re.compile(r"\{(\w+)\}")
NESTED = "why"  # the place of a reason, which is a line of the parser itself
LINES = (  # of two that fit, the first is meant
    "Missing command.",
    "Missing argument {name}.",
    "Missing option {name}.",
    "No such command {name}. Did you mean {near}?",
    "No such command {name}.",
    "Option {name} does not take a value.",
    "Option {name} requires an argument.",
    "Got unexpected extra argument(s) ({words})",
    "Invalid value for {name}: {why}",
    "Invalid value: {why}",
    "Value {value} is not a valid {kind}.",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
)


def parser_message(line: str, reason: str = "") -> str:
    """A line of the parser as a message; as it is where it is none of those known.

    Args:
        line: in English.
        reason: why a value was refused, where our own check says it.
    """
    for template in LINES:
        found = re.fullmatch(_pattern(template), line, re.DOTALL)
        if found:
            said: dict[str, str] = found.groupdict()
            if NESTED in said:
                own = isinstance(reason, Message)
                said[NESTED] = reason if own else parser_message(said[NESTED])
            return phrase(template, **said) if said else term(line)
    return line


def _pattern(template: str) -> str:
    parts = PLACE.split(template)  # fixed text and names by turns
    return "".join(f"(?P<{p}>.+?)" if at % 2 else re.escape(p) for at, p in enumerate(parts))
