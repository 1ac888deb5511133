"""How a rule says no, in words that a person can act on."""


def N_(text: str) -> str:
    """Mark ``text`` for translation where no language is known yet; the page translates it when it is shown."""
    return text


class Refused(Exception):
    """A rule said no. Pages answer 422 with the cause, the next step and the code.

    ``message`` and ``next_step`` are Chinese message ids (see :func:`N_`); ``params`` fill their ``%(name)s`` places
    after translation.
    """

    status = 422

    def __init__(self, code: str, message: str, next_step: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.next_step = next_step
        self.params = params

    def __str__(self) -> str:
        """The Chinese sentence, for logs and the command line."""
        text = f"{self.message} {self.next_step}".strip()
        return f"{text % self.params if self.params else text} ({self.code})"


class BadInput(Refused):
    """What came in can't be read: wrong form, too large, wrong type of file. Pages answer 400."""

    status = 400
