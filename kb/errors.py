"""Pure. What can go wrong with the knowledge base and can be mended: the message says what, the remedy what to do."""


class KnowledgeBaseError(Exception):
    """The knowledge base cannot be used."""

    def __init__(self, message: str | None = None, *, remedy: str = "") -> None:
        self.message = message or "The knowledge base cannot be used."
        self.remedy = remedy
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} Remedy: {self.remedy}" if self.remedy else self.message
