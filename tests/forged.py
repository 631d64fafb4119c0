"""What somebody else might have signed: a signed text with one letter changed."""


def forged(signed: str) -> str:
    """The same text with another fifth letter from its end.

    Not the last one: in base64 it may carry bits that nobody reads, and one time in sixteen nothing would have changed.
    """
    return signed[:-5] + ("A" if signed[-5] != "A" else "B") + signed[-4:]
