"""Everything the audit log can hold has words of its own, and whatever shows a patient says so."""

import ast

from clinic.config import HOME
from clinic.models.audit import Decision
from clinic.views.deed_words import DID, TRIED
from clinic.views.deeds import KINDS, actions_of

# Pages of the desk and the portal that show no patient but the one who asks, or nobody at all, and why.
SHOWS_NOBODY = {
    "staff.patients.new": "an empty form",
    "staff.break_glass.new": "an empty form",
    "staff.stranded.index": "changes, and how many visits each concerns",
    "staff.finder.index": "open times",
    "staff.calendar_feeds.index": "the doctor's own addresses",
    "staff.calendar.month": "how many visits each day has",
    "staff.live.stream": "rings, and tells nothing",
    "portal.booking.new": "what can be booked",
    "portal.booking.doctor": "doctors",
    "staff.queue.estimates": "doctors and numbers",
    "portal.booking.day": "open days",
    "portal.booking.time": "open times",
    "portal.booking.reason": "what the person just typed",
    "portal.booking.check": "what the person just chose",
    "portal.requests.new": "the next question, and what the person just chose",
    "staff.requests.red": "how many wait, and nobody’s name",
}
PATIENTS = ("visits:", "patients:", "portal:")


def _acts():
    """The name of every act that is written down by name somewhere in the program, and whether it is a refusal."""
    for path in (HOME / "clinic").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(getattr(d, "id", "") == "action" for d in node.decorator_list):
                yield f"{path.stem}.{node.name}", False
            is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("audit", "note_refusal")
            if is_call and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                yield node.args[1].value, node.func.id == "note_refusal"


def test_every_act_has_a_sentence():
    acts = dict(_acts())
    assert len(acts) > 80
    missing = sorted(name for name in acts if name not in DID and name not in TRIED)
    assert not missing, f"say in clinic/views/deed_words.py what these are: {missing}"


def test_every_sentence_is_of_some_kind_and_names_who():
    found = [name for kind in KINDS for name in actions_of(kind)]
    assert sorted(found) == sorted(DID)
    assert all("%(who)s" in str(said) for said in DID.values())


def test_a_page_that_may_show_a_patient_says_so_or_is_known_to_show_nobody(app):
    for rule in app.url_map.iter_rules():
        need = app.extensions["needs"].get(rule.endpoint)
        if need is None or "GET" not in rule.methods or need.shows:
            continue
        assert not rule.arguments & {"patient_id", "visit_id"}, f"{rule.endpoint} names a patient: say shows="
        about = need.permission.value.startswith(PATIENTS)
        assert not about or rule.endpoint in SHOWS_NOBODY, f"{rule.endpoint} may show a patient: say shows="


def test_what_is_shown_is_one_of_two(app):
    assert {need.shows for need in app.extensions["needs"].values()} == {None, "patients", "visits"}
    assert set(Decision) == {"allowed", "refused"}
