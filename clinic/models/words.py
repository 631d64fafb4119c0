"""How names, phone numbers and record numbers become words that a patient can be found by."""

import re
import unicodedata

LETTERS = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"\D+")
# Letters that Unicode does not take apart into a plain letter and an accent.
PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
SHORTEST_PHONE_ENDING = 4


def plain(text: str) -> str:
    """Lower case, without accents: what two spellings of one name have in common."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(PLAIN)


def name_words(text: str) -> list[str]:
    """The words of a name, normalised; the beginning of any of them finds the patient."""
    return LETTERS.findall(plain(text))


def phone_ending(phone: str) -> str | None:
    """A phone number's digits backwards, so that its last digits are the word's beginning; marked with ``#``."""
    digits = DIGITS.sub("", phone)
    return "#" + digits[::-1] if len(digits) >= SHORTEST_PHONE_ENDING else None


def number_word(mrn: str) -> str:
    """A record number as a word of its own, without leading noughts; marked with ``=``."""
    return "=" + (plain(mrn).lstrip("0") or "0")
