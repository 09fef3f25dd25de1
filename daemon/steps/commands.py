"""Pure. The commands in an agent's mail, one a line: `#send`, `#assign Bob`, `#note …`. What is none is text.

A slip of the pen must not reach a customer: an unknown `#word` means that nothing at all is done.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Command(StrEnum):
    """What an agent may say (product.md §4)."""

    SEND = "send"
    EDIT = "edit"
    UNDO = "undo"
    CLOSE = "close"
    REOPEN = "reopen"
    TAKE = "take"
    ASSIGN = "assign"
    TOPIC = "topic"
    PRIORITY = "priority"
    NOTE = "note"
    SPAM = "spam"
    LEARN = "learn"
    AUTO = "auto"


#: Those that take a word more.
_ARGUMENTS = {Command.ASSIGN: "NAME", Command.TOPIC: "X", Command.PRIORITY: "low|normal|high"}
#: Beside these a text is for the team: `#assign Bob` and "please look at this" must not reach the customer.
_FOR_THE_TEAM = frozenset({Command.ASSIGN, Command.NOTE, Command.SPAM, Command.UNDO, Command.AUTO, Command.LEARN})
PRIORITIES = ("low", "normal", "high")
_COMMAND = re.compile(r"^\s*#(\s?)([A-Za-z]+)(?:[:\s]+(.*?))?[.!,;]?\s*$")
#: `firstline` tells these to whoever mistypes one.
ALL = " ".join(f"#{one}{' ' + _ARGUMENTS[one] if one in _ARGUMENTS else ''}" for one in Command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One command with what stands behind it on its line."""

    command: Command
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an agent's mail asks for."""

    instructions: tuple[Instruction, ...] = ()
    text: str = ""  #: for the customer, or of a draft; '' for none
    note: str = ""  #: for the team alone
    wrong: str = ""  #: what cannot be understood; then nothing is done
    commands: frozenset[Command] = field(default=frozenset())

    def argument(self, command: Command) -> str:
        """What stands behind a command, '' where it is not given."""
        return next((one.argument for one in self.instructions if one.command is command), "")


def wanted(text: str) -> Wanted:
    """The commands of a text, and the rest of it. A `#note` takes what follows up to the next command."""
    instructions: list[Instruction] = []
    body: list[str] = []
    note: list[str] = []
    target, leading = body, True
    for line in text.split("\n"):
        match = _COMMAND.match(line)
        name = match[2].lower() if match else ""
        rest = (match[3] or "").strip() if match else ""
        command = Command(name) if name in set(Command) else None
        if match is None or (command is None and (match[1] or (rest and not leading))):
            leading = leading and not line.strip()
            target.append(line)
            continue
        if command is None:
            return Wanted(wrong=f"there is no #{name}. There are: {ALL}")
        if match[1] and rest and command is not Command.NOTE:
            target.append(line)  # "# Send it back", a heading
            leading = False
            continue
        if command in (Command.NOTE, Command.EDIT):
            target = note if command is Command.NOTE else body
            if rest:
                target.append(rest)
        elif (problem := _problem(command, rest)) is not None:
            return Wanted(wrong=problem)
        elif target is note:
            target = body
        instructions.append(Instruction(command=command, argument=rest))
    commands = frozenset(one.command for one in instructions)
    words, aside = "\n".join(body).strip("\n"), "\n".join(note).strip("\n")
    team = bool(commands & (_FOR_THE_TEAM - {Command.NOTE})) and Command.EDIT not in commands
    if words.strip() and team:
        words, aside = "", "\n\n".join(part for part in (words, aside) if part.strip())
    return Wanted(
        instructions=tuple(instructions), text=words if words.strip() else "", note=aside.strip(), commands=commands
    )


def _problem(command: Command, rest: str) -> str | None:
    if command in _ARGUMENTS and not rest:
        return f"#{command} lacks a word: #{command} {_ARGUMENTS[command]}"
    if command is Command.PRIORITY and rest.lower() not in PRIORITIES:
        return f"#priority is one of {', '.join(PRIORITIES)}, not {rest[:40]}"
    if command not in _ARGUMENTS and rest:
        return f"#{command} stands alone on its line, without {rest[:60]!r}"
    return None
