"""Finding a diagnosis among the ICD-10 codes: by its code, or by the beginnings of its words in any order."""

from bisect import bisect_left
from dataclasses import dataclass

from clinic.queries.icd10_codes import CHARACTERS, codes, words_of

LONGEST_QUESTION = 100
MOST_WORDS = 8
MOST = 50
# What general practices write down most; of the codes that answer a question these come first.
EVERY_DAY = frozenset(
    """B34.9 D50.9 D64.9 E03.9 E11.9 E55.9 E66.9 E78.5 F17.210 F32.A F41.1 F41.9 F43.20 G43.909 G47.00 H10.9 H66.90
    I10 I25.10 I48.91 I50.9 J01.90 J02.9 J06.9 J18.9 J20.9 J30.9 J45.909 K21.9 K29.70 K52.9 K59.00 K64.9 L20.9 L30.9
    L40.9 L70.0 M17.9 M19.90 M25.50 M54.2 M54.50 M81.0 N18.9 N39.0 N40.0 R05.9 R07.9 R10.9 R11.2 R42 R51.9 R53.83
    S93.409 Z00.00 Z12.11 Z23""".split()  # noqa: SIM905 (a list would fill the page)
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One code: how it is written, what it means, and the other word for it by which it was found, if by one."""

    code: str
    label: str
    also: str | None = None


def written(text) -> str:
    """A code as it is written, with its dot: e119 is E11.9; whether there is such a code says ``label``."""
    plain = text.strip().upper().replace(".", "")[:CHARACTERS]
    return plain if len(plain) <= 3 else f"{plain[:3]}.{plain[3:]}"


def label(code) -> str | None:
    """What a code means, with or without its seventh character and its dot; None where there is no such code."""
    known, code = codes(), written(code)
    place = known.places.get(code)
    return known.labels[place] if place is not None else _with_seventh_character(known, code)


def search(text, limit=12) -> list[Diagnosis]:
    """The diagnoses that answer what was typed, the likeliest first, ``limit`` at most."""
    text, limit = text.strip()[:LONGEST_QUESTION], min(limit, MOST)
    if not text:
        return []
    begins = _that_begin(text, limit)
    return begins or _by_words(words_of(text)[:MOST_WORDS], limit)


def _that_begin(text, limit):
    """The code that was typed and those below it, in the order of the book."""
    if not (text[0].isalpha() and text[1:2].isdigit()):
        return []
    known, code = codes(), written(text)
    if code not in known.places:
        meaning = _with_seventh_character(known, code)
        if meaning:
            return [Diagnosis(code, meaning)]
    first = bisect_left(known.ordered, code)
    found = [each for each in known.ordered[first : first + limit] if each.startswith(code)]
    return [Diagnosis(each, known.labels[known.places[each]]) for each in found]


def _by_words(words, limit):
    """The codes in whose label or other words each of these begins a word."""
    if not words:
        return []
    known = codes()
    # The rarest word first leaves the least to compare.
    places = sorted((_places(known, word) for word in words), key=len)
    found = set.intersection(*places) if all(places) else set()
    best = sorted(found, key=lambda place: _rank(known, place, words))[:limit]
    return [_found(known, place, words) for place in best]


def _places(known, beginning):
    first, found = bisect_left(known.words, beginning), set()
    for at in range(first, len(known.words)):
        # A single letter begins thousands of words and says nothing of them: it is a word of its own, or none.
        if not known.words[at].startswith(beginning) or (len(beginning) == 1 and known.words[at] != beginning):
            break
        found.update(known.postings[at])
    return found


def _rank(known, place, words):
    """What is seen every day first, whole words before beginnings and other names, general codes before special."""
    own, code = words_of(known.labels[place]), known.codes[place]
    whole = sum(word in own for word in words)
    begun = sum(any(each.startswith(word) for each in own) for word in words)
    starts = bool(own) and own[0].startswith(words[0])
    unspecified = "unspecified" in own or "without" in own
    return code not in EVERY_DAY, -begun, -whole, not starts, len(own) - unspecified, len(code), place


def _found(known, place, words):
    own = words_of(known.labels[place])
    also = None
    if not all(any(each.startswith(word) for each in own) for word in words):
        also = max(known.terms.get(place, ()), key=lambda term: _fits(term, words), default=None)
    return Diagnosis(known.codes[place], known.labels[place], also)


def _fits(term, words):
    own = words_of(term)
    return sum(any(each.startswith(word) for each in own) for word in words)


def _with_seventh_character(known, code):
    """What S52.501A means: the code before it, X where it is shorter than six, and the end that it takes."""
    if len(code) != CHARACTERS + 1:
        return None
    stem = code[:-1].rstrip("X").rstrip(".")
    place = known.places.get(stem)
    if place is None or not known.is_leaf[place]:
        return None
    above = next((known.ends[stem[:length]] for length in range(len(stem), 2, -1) if stem[:length] in known.ends), {})
    return f"{known.labels[place]}, {above[code[-1]]}" if code[-1] in above else None
