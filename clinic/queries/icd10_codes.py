"""The ICD-10-CM codes as their package carries them, read once into little memory.

The package itself builds a tree of every code when it is imported, about half a gigabyte; only its file is read here.
"""

import re
from array import array
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution

# A file of a pinned package, not of a stranger's.
from xml.etree import ElementTree

PACKAGE = "simple-icd-10-cm"
TABULAR = "icd10c-tabular"
CHARACTERS = 7
WORD = re.compile(r"[^\W_]+")
OTHER_WORDS = ("inclusionTerm/note", "includes/note")


@dataclass(frozen=True, slots=True)
class Codes:
    """Every code in the order of the book, and the words that lead to it.

    ``terms`` has, by the place of a code, other words for it; ``ends`` what a seventh character means for the codes
    that begin so; ``postings`` the places of the codes whose label or terms hold a word, by the place of the word.
    """

    codes: list[str]
    labels: list[str]
    places: dict[str, int]
    terms: dict[int, tuple]
    ends: dict[str, dict]
    is_leaf: bytearray
    ordered: list[str]
    words: list[str]
    postings: list[array]


@cache
def codes() -> Codes:
    """The codes of the installed release; about half a second the first time in a process."""
    reading = _Reading()
    for _event, chapter in ElementTree.iterparse(_file(), events=("end",)):  # noqa: S314
        if chapter.tag == "chapter":
            for category in chapter.iterfind("section/diag"):
                reading.take(category)
            chapter.clear()
    return reading.read()


def words_of(text) -> list[str]:
    """The words of a label or a question, in small letters, without what stands between them."""
    return WORD.findall(text.casefold().replace("'", ""))


def _file():
    package = distribution(PACKAGE)
    found = next(each for each in package.files if each.name.startswith(TABULAR) and each.suffix == ".xml")
    return str(package.locate_file(found))


class _Reading:
    """What has been read so far."""

    def __init__(self):
        self.codes, self.labels, self.terms, self.ends, self.is_leaf = [], [], {}, {}, bytearray()
        self.postings = {}

    def take(self, node):
        """Take in a code and all below it."""
        code, label = node.findtext("name"), node.findtext("desc") or ""
        below, place = node.findall("diag"), len(self.codes)
        self.codes.append(code)
        self.labels.append(label)
        self.is_leaf.append(not below)
        if terms := tuple(each.text for path in OTHER_WORDS for each in node.iterfind(path) if each.text):
            self.terms[place] = terms
        if ends := {each.get("char"): each.text or "" for each in node.iterfind("sevenChrDef/extension")}:
            self.ends[code] = ends
        for word in {word for text in (label, *terms) for word in words_of(text)}:
            self.postings.setdefault(word, array("I")).append(place)
        for each in below:
            self.take(each)

    def read(self):
        """Everything, with its words in order."""
        words = sorted(self.postings)
        return Codes(
            self.codes, self.labels, {code: place for place, code in enumerate(self.codes)}, self.terms, self.ends,
            self.is_leaf, sorted(self.codes), words, [self.postings[word] for word in words],
        )  # fmt: skip
