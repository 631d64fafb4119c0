"""Words that look like a page stay words: stored in every field, shown to each role in a real browser."""

import os
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from tests.faults.routes import STREAMS, address, ids, own_ids, routes
from tests.visitor import Visitor

PAYLOADS = [
    "\"><img src=x onerror=alert(1)>", "<script>alert(2)</script>", "'><svg onload=alert(3)>",
    "<iframe src=//evil.example></iframe>", "<a href=\"javascript:alert(4)\">x</a>",
    "<div hx-get=\"/pwned\" hx-trigger=\"load\">x</div>", "<b data-hx-get=/pwned data-hx-trigger=load>",
    "<input autofocus onfocus=alert(5)>", "<details open ontoggle=alert(6)>", "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example\">", "<link rel=stylesheet href=//evil.example/a.css>",
    "<style>@import '//evil.example/b.css'</style>", "<form action=//evil.example><button>x",
    "</textarea><script>alert(7)</script>", "</title><script>alert(8)</script>",
    "</script><script>alert(9)</script>", "<object data=//evil.example>", "<math><mtext><img src=//evil.example/c>",
    "{{ 7 * 7 }}{% raw %}", "&lt;script&gt;alert(10)&lt;/script&gt;", "%3Cscript%3Ealert(11)%3C/script%3E",
    "<img src=//evil.example/d.png>", "<body onload=alert(12)>",
    "<p hx-on:click=alert(13) hx-vals=\"js:{a:alert(14)}\" id=messages hx-swap-oob=true>",
]  # fmt: skip
# Every column that holds words a person wrote, wherever they wrote them.
WORDS = {
    "clinics": ("name", "phone", "address_line", "city", "postal_code"),
    "users": ("first_name", "last_name", "phone"),
    "locations": ("name", "address_line", "city", "postal_code", "directions"),
    "patients": (
        "mrn", "full_name", "phone", "email", "address_line", "city", "state", "postal_code", "emergency_contact_name",
        "emergency_contact_phone", "allergies", "chronic_diseases", "notes", "blood_group",
    ),
    "user_sessions": ("device",),
    "visit_types": ("name", "description"),
    "patient_tags": ("tag",),
    "availabilities": ("location",),
    "providers": ("display_name", "title", "license_number", "qualifications", "bio"),
    "slots": ("overbooked_reason", "reason"),
    "visits": ("reason", "notes", "cancel_note", "external_created_by"),
    "visit_events": ("progress", "notes"),
    "access_grants": ("reason",),
    "legal_holds": ("reason",),
    "passkeys": ("name",),
    "closures": ("title",),
    "rooms": ("name",),
    "room_kinds": ("name",),
    "screens": ("name",),
    "notifications": ("text",),
    "text_replies": ("text",),
    "visit_requests": ("reason", "cancel_note"),
    "intake_questions": ("question",),
    "visit_feedback": ("comment",),
    "conditions": ("name", "notes"),
    "allergies": ("substance", "reaction", "source_text", "notes"),
    "immunizations": ("vaccine", "lot_number", "notes"),
    "procedures": ("name", "outcome", "notes"),
    "consultations": ("complaints", "diagnosis", "treatment", "notes"),
    "note_templates": ("name", "complaints", "diagnosis", "treatment", "notes"),
    "prescriptions": ("prescriber", "licence_number", "advice"),
    "prescription_items": ("medicine_name", "potency", "dosage", "frequency", "duration", "notes"),
    "favourite_medicines": ("medicine_name", "potency", "dosage", "frequency", "duration", "notes"),
    "lab_orders": ("notes", "comment"),
    "lab_results": ("analyte", "value_text", "unit", "range_text", "laboratory", "remark"),
    "referrals": ("referred_to", "specialty", "reason", "notes", "outcome"),
    "excuse_notes": ("reason", "restrictions"),
    "documents": ("title", "description", "file_name", "category_text"),
    "insurance_policies": ("insurer_name", "plan_name", "member_id", "group_id", "policy_holder_name"),
    "patient_merges": ("reason",),
}  # fmt: skip
# Where promises are proved in full everybody looks at every page; else a doctor and a patient, who see most of them.
FOR_EVERYBODY = "PROMISES" in os.environ
WHO = ("osei", "amara", "ines", "maya") if FOR_EVERYBODY else ("osei", "maya")
# Told to the test by the browser itself, whatever the page does.
LISTEN = "document.addEventListener('securitypolicyviolation', (event) => console.error('POLICY ' + event.blockedURI))"

# Elements that no page of ours has.
FOREIGN = """document.querySelectorAll(
    "[onerror], [onload], [onfocus], [ontoggle], [data-hx-get], base, iframe, object, math, [href^='javascript:']"
).length"""


def poisoned(superuser):
    """Put every payload into every such column of every row; the columns a rule of the database keeps it out of."""
    kept_out, place = [], 0
    with superuser.connect() as connection:
        for table, columns in WORDS.items():
            for column in columns:
                place += 1
                turn = place % len(PAYLOADS)
                # Each column begins with another one, so that none hides behind the rest.
                words = " ".join(PAYLOADS[turn:] + PAYLOADS[:turn])
                row = f"{table}.ctid::text"
                try:
                    connection.execute(sa.text(f"UPDATE {table} SET {column} = :words || {row}"), {"words": words})
                except sa.exc.DBAPIError:
                    kept_out.append(f"{table}.{column}")
    return place, kept_out


@pytest.mark.machine
@pytest.mark.promise(29, "every field of words, every page, each role, in Chromium")
def test_no_word_anybody_stored_runs_for_anybody(app, cast, session, superuser, window, live, figure):
    known, own = ids(session, cast), own_ids(cast)
    session.commit()
    windows = {who: window(getattr(cast, who)) for who in WHO}
    columns, kept_out = poisoned(superuser)
    assert len(kept_out) < columns / 4, kept_out
    happened, looked_at = [], []
    for who, at in windows.items():
        _watch(at, live.url, happened)
        visitor, facts = Visitor(app, None), known | (own if who == "maya" else {})
        for rule, method in routes(app):
            path = address(visitor, rule, facts)
            if method != "GET" or rule.endpoint in STREAMS or not _is_a_page(at, path):
                continue
            at.page.goto(path, wait_until="load")
            at.page.wait_for_timeout(30)
            looked_at.append(rule.endpoint)
            happened += [(path, each) for each in at.complaints if "Policy" in each or "POLICY" in each]
            at.complaints.clear()
            assert at.page.evaluate(FOREIGN) == 0, path
    assert not happened
    assert len(looked_at) > 40
    figure(
        f"{len(PAYLOADS)} payloads in {columns - len(kept_out)} columns, {len(looked_at)} pages: 0 dialogs,"
        " 0 refusals of the policy, 0 requests"
    )


def _watch(at, own, happened):
    at.page.on("dialog", lambda dialog: (happened.append(("dialog", dialog.message)), dialog.dismiss()))
    at.page.on("request", lambda request: _foreign(request.url, own) and happened.append(("request", request.url)))
    at.page.add_init_script(LISTEN)


def _is_a_page(at, path):
    answer = at.context.request.get(path)
    assert answer.status < 500, path
    return answer.status == 200 and "text/html" in answer.headers["content-type"]


def _foreign(url, own):
    at = urlsplit(url)
    return at.scheme in ("http", "https") and (f"{at.scheme}://{at.netloc}" != own or "pwned" in at.path)
