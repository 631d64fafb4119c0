"""What goes wrong at start, said in a sentence."""


class ServerError(RuntimeError):
    """A reason why the server cannot start; its text is printed as it is, so it says what to do."""
