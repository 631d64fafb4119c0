"""How the code itself is kept: small files of one subject, named for it, with nothing unsafe in them."""

import ast
import re
import subprocess

from clinic.config import HOME

LONGEST = {"py": 300, "html": 90}
LONGEST_VIEW = 10
NAMELESS = re.compile(r"(^|/)(utils?|helpers?|common|misc|manager|base_\w+)\.py$")
UNSAFE = re.compile(r"""\|\s*safe\b|\sstyle="|\son\w+="|<script(?![^>]*\ssrc=)|hx-on|hx-vals=['"]js:""")
TIME = re.compile(r"utcnow\(|datetime\.now\(\)|date\.today\(\)")
# Facts about other people's data, too long for one file of ours to be split by subject.
AS_LONG_AS_IT_TAKES = {"docs/source-map.csv"}


def _tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=HOME,
        text=True,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (HOME / name).exists()]


def test_no_file_has_grown_past_one_subject():
    long = {}
    for kind, most in LONGEST.items():
        for name in _tracked(f"*.{kind}"):
            lines = len((HOME / name).read_text().splitlines())
            if lines > most and not name.startswith("migrations/versions/"):
                long[name] = lines
    assert not long


def test_every_view_function_is_short():
    long = {}
    for name in _tracked("clinic/views/*.py"):
        for function in ast.walk(ast.parse((HOME / name).read_text())):
            if isinstance(function, ast.FunctionDef) and function.decorator_list:
                body = function.body[1:] if ast.get_docstring(function) else function.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if lines > LONGEST_VIEW:
                    long[f"{name}::{function.name}"] = lines
    assert not long


def test_every_file_is_named_for_a_subject():
    assert not [name for name in _tracked("*.py") if NAMELESS.search(name)]


def test_every_module_and_public_function_says_what_it_is():
    silent = []
    for name in _tracked("clinic/*.py"):
        tree = ast.parse((HOME / name).read_text())
        if not ast.get_docstring(tree):
            silent.append(name)
        for each in tree.body:
            public = isinstance(each, ast.FunctionDef | ast.ClassDef) and not each.name.startswith("_")
            if public and not ast.get_docstring(each):
                silent.append(f"{name}::{each.name}")
    assert not silent


def test_templates_hold_nothing_the_content_policy_forbids_and_nothing_unescaped():
    found = {name: UNSAFE.findall((HOME / name).read_text()) for name in _tracked("templates/*.html")}
    assert not {name: hits for name, hits in found.items() if hits}


def test_nobody_reads_a_clock_without_a_zone():
    assert not [name for name in _tracked("clinic/*.py") if TIME.search((HOME / name).read_text())]


def test_only_one_place_reads_htmxs_headers_and_only_one_commits():
    readers = [name for name in _tracked("clinic/*.py") if '"HX-' in (HOME / name).read_text()]
    assert set(readers) <= {"clinic/htmx.py", "clinic/errors.py", "clinic/guard.py"}
    rooms = [f"clinic/{room}/*.py" for room in ("models", "actions", "queries", "forms", "views")]
    assert not [name for name in _tracked(*rooms) if ".commit()" in (HOME / name).read_text()]
