"""How names, phone numbers and record numbers become words that a patient can be found by."""

import re
import unicodedata

NOT_DIGITS = re.compile(r"[^0-9]+")
# Marks inside one name: O'Brien is also found as "obrien", Anne-Marie as "annemarie".
JOINTS = re.compile(r"['’ʼ`´\-‐‑.]+")
# Letters that Unicode does not take apart into a plain letter and an accent.
PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
SHORTEST_PHONE_ENDING = 4
# With this many digits somebody typed a whole number, whose trunk nought or 00 the international form does not have.
WHOLE_PHONE = 7


def plain(text: str) -> str:
    """Lower case, without accents: what two spellings of one name have in common."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(PLAIN)


def typed_words(text: str) -> list[str]:
    """The words of a text as somebody typed it, normalised, each once."""
    letters = "".join(each if unicodedata.category(each)[0] in "LNM" else " " for each in plain(text))
    return list(dict.fromkeys(letters.split()))


def name_words(text: str) -> list[str]:
    """The words a name is found by: its own, and those a mark inside it joins."""
    joined = [JOINTS.sub("", word) for word in plain(text).split() if JOINTS.search(word)]
    return list(dict.fromkeys([*typed_words(text), *typed_words(" ".join(joined))]))


def phone_ending(phone: str) -> str | None:
    """A phone number's digits backwards, so that its last digits are the word's beginning; marked with ``#``."""
    digits = NOT_DIGITS.sub("", unicodedata.normalize("NFKC", phone))
    return "#" + digits[::-1] if len(digits) >= SHORTEST_PHONE_ENDING else None


def typed_phone(digits: str) -> str | None:
    """The beginning of the ending of every number that ends in these digits, as somebody typed them."""
    return phone_ending(digits.lstrip("0") if len(digits) >= WHOLE_PHONE else digits)


def number_word(mrn: str) -> str:
    """A record number as a word of its own, without leading noughts; marked with ``=``."""
    return "=" + (plain(mrn).strip().lstrip("0") or "0")
