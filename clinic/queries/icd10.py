"""Finding a diagnosis among the ICD-10 codes: by its code, or by the beginnings of its words in any order."""

from bisect import bisect_left
from dataclasses import dataclass

from clinic.queries.icd10_codes import CHARACTERS, codes, words_of

LONGEST_QUESTION = 100
MOST_WORDS = 8
MOST = 50


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
    found = [place for place, each in enumerate(known.codes) if each.startswith(code)][:limit]
    return [Diagnosis(known.codes[place], known.labels[place]) for place in found]


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
        if not known.words[at].startswith(beginning):
            break
        found.update(known.postings[at])
    return found


def _rank(known, place, words):
    """Whole words of the label itself before beginnings and other names, general codes before special ones."""
    own = words_of(known.labels[place])
    whole = sum(word in own for word in words)
    begun = sum(any(each.startswith(word) for each in own) for word in words)
    starts = bool(own) and own[0].startswith(words[0])
    unspecified = "unspecified" in own or "without" in own
    return -begun, -whole, not starts, len(own) - unspecified, len(known.codes[place]), place


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
