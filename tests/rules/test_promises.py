"""Every promise has a test that proves it, and every mark names a promise there is."""

import ast

from clinic.config import HOME
from tests.promises import FAULTS, PROMISES
from tests.security_report import REPORT


def _marks():
    """(number, words, place) of every promise mark in the tests."""
    for path in sorted((HOME / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.mark.promise", "mark.promise"):
                number, words = node.args
                yield ast.literal_eval(number), ast.unparse(words).strip("f'\""), f"{path.name}:{node.lineno}"


def test_every_promise_has_a_test_that_proves_it():
    proved = {number for number, _words, _place in _marks()}
    assert not {number: words for number, words in PROMISES.items() if number not in proved}


def test_every_mark_names_a_promise_and_says_of_what():
    assert not [place for number, words, place in _marks() if number not in PROMISES or not words.strip()]


def test_the_report_names_every_promise():
    report = REPORT.read_text()
    assert not [number for number, words in PROMISES.items() if f"| {number} | {words} |" not in report]


def test_every_fault_is_made_by_modules_that_are_there():
    modules = [module for _words, modules in FAULTS.values() for module in modules]
    assert not [module for module in modules if not (HOME / "tests" / f"{module.replace('.', '/')}.py").is_file()]
