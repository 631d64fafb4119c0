"""Words in other languages: what is said in one of them at all is said in it wholly, and no page mixes two."""

import re

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, meta

from clinic.config import HOME
from clinic.languages import CONVERSATION, LANGUAGES

FOLDER = HOME / "translations"
# Where our words stand, besides gettext's own functions; CONTRIBUTING.md names the same.
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(["_l", "word", "Refused", "TimeTaken", "OfferOver"])}
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
OTHERS = [each for each in CONVERSATION if each != "en"]


def _listed():
    """The files of the conversation, each with how its words are read."""
    with (FOLDER / "conversation.cfg").open() as file:
        methods, _options = parse_mapping_cfg(file)
    found = {}
    for pattern, method in methods:
        paths = [path.relative_to(HOME).as_posix() for path in HOME.glob(pattern.replace("**.", "**/*."))]
        assert paths, f"{pattern} names nothing"
        found.update(dict.fromkeys(paths, method))
    return found


def _words(name, method):
    found = extract_from_file(method, HOME / name, KEYWORDS)
    return {(words[0] if isinstance(words, tuple) else words) for _line, words, _comments, _context in found}


@pytest.fixture(scope="module")
def files():
    """The files of the conversation."""
    return _listed()


@pytest.fixture(scope="module")
def said(files):
    """Every sentence of the conversation, in English."""
    return set().union(*(_words(name, method) for name, method in files.items()))


def _file(language, kind):
    return (FOLDER / language / "LC_MESSAGES" / f"messages.{kind}").open("rb")


def _texts(catalogue):
    """Every entry by its English: its texts, which are several for one and for many; without the heading."""
    return {_all(each.id): _all(each.string) for each in catalogue if each.id}


def _all(words):
    return (words,) if isinstance(words, str) else tuple(words)


@pytest.fixture(scope="module", params=OTHERS)
def catalogue(request):
    """The sentences in a language, as translators wrote them."""
    with _file(request.param, "po") as file:
        return read_po(file, locale=request.param)


def test_all_that_is_said_in_a_language_has_its_words_and_nothing_is_only_guessed(said, catalogue):
    texts = {own[0]: translated for own, translated in _texts(catalogue).items()}
    assert not sorted(said - texts.keys())
    assert not sorted(name for name, each in texts.items() if not all(each))
    assert not sorted(each.id for each in catalogue if each.id and each.fuzzy)
    # What nobody says any more goes.
    assert not sorted(texts.keys() - said)


def test_what_is_put_into_a_sentence_stands_in_each_of_its_translations(catalogue):
    wrong = []
    for own, texts in _texts(catalogue).items():
        # "One question" may leave its number out.
        allowed = [{*PLACES.findall(own[0])}, {*PLACES.findall(own[-1])}]
        wrong += [text for number, text in enumerate(texts) if {*PLACES.findall(text)} not in allowed[number > 0 :]]
    assert not wrong


def test_what_the_product_reads_is_what_translators_wrote(catalogue):
    with _file(catalogue.locale.language, "mo") as file:
        assert _texts(read_mo(file)) == _texts(catalogue), "compile it: see CONTRIBUTING.md"


def test_a_page_of_the_conversation_takes_in_only_templates_of_it(files):
    names = {name.removeprefix("templates/") for name in files if name.startswith("templates/")}
    environment, missing = Environment(autoescape=True), {}
    for name in sorted(names):
        source = (HOME / "templates" / name).read_text()
        missing[name] = {each for each in meta.find_referenced_templates(environment.parse(source)) if each} - names
    assert not {name: each for name, each in missing.items() if each}


def test_everything_a_link_shows_is_of_the_conversation(files):
    views = [name for name in files if name.startswith("clinic/views/")]
    shown = re.compile(r"\"((?:public|portal|errors)/[\w/]+\.html)\"")
    named = {name: set(shown.findall((HOME / name).read_text())) for name in views}
    # The portal's own pages of a visit are shown by the same modules.
    of_the_portal = {"portal/visits/booked.html", "portal/visits/show.html", "portal/visits/_status.html"}
    assert set().union(*named.values()) - of_the_portal <= {name.removeprefix("templates/") for name in files}


def test_a_language_is_forced_only_where_all_is_said_in_it():
    """Papers and feeds are in a language of every page; only messages may be in one of the conversation alone."""
    talks = {"clinic/work/messages.py", "clinic/work/letters.py", "clinic/work/invitations.py",
             "clinic/views/public/texts.py"}  # fmt: skip
    wrong = [
        f"{path.relative_to(HOME)}: {line.strip()}"
        for path in (HOME / "clinic").rglob("*.py")
        if path.relative_to(HOME).as_posix() not in talks
        for line in path.read_text().splitlines()
        if "force_locale(" in line and "LANGUAGES" not in line
    ]
    assert not wrong
    assert set(LANGUAGES) <= set(CONVERSATION)
