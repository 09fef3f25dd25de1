"""Pure. Everything that can go wrong and that somebody can mend, in one tree. A class's docstring is its message.

FirstlineError
├── ConfigurationError     config.toml, or what it names, is wrong: exit code 2
│   └── InputError         what a command was given is wrong: the same code
├── StateError             the state folder or the database cannot be used
├── TransientError         an edge failed in a way that passes by itself: retried
└── PermanentError         an edge refused for good: recorded, shown, not retried

Beside the tree, because `kb` stands below `daemon` and may not import it, with the same `message` and `remedy`:
KnowledgeBaseError         no articles, no model, an index that would lose most of itself
"""

from kb.errors import KnowledgeBaseError as KnowledgeBaseError


class FirstlineError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, *, remedy: str = "") -> None:
        self.message = message or (self.__doc__ or "").splitlines()[0]
        self.remedy = remedy
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} Remedy: {self.remedy}" if self.remedy else self.message


class ConfigurationError(FirstlineError):
    """The configuration has problems."""

    subject = "The configuration"  #: what has them, as the first word of a message

    def __init__(self, problems: list[str], *, remedy: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems) if problems else None, remedy=remedy)


class InputError(ConfigurationError):
    """What a command was given, a file or an option, has problems."""

    subject = "What was given"


class StateError(FirstlineError):
    """The state folder cannot be used."""


class TransientError(FirstlineError):
    """A server could not do it now; it will be tried again."""


class PermanentError(FirstlineError):
    """A server refused for good."""
