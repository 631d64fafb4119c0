"""Pages of the documentation that are drawn from the code: `python -m tests.rules.drawings` writes them.

A rule test compares each with what it would be drawn as today, so that none can grow old.
"""

import ast
import inspect

from sqlalchemy.dialects import postgresql

from clinic.access import AS_ONESELF, ROLES, STOOD_IN_FOR, SUPPORT_SCOPES, Permission, permissions_of
from clinic.config import HOME
from clinic.db import Base, ChoiceType
from clinic.models.accounts import Role
from clinic.models.lab_orders import LabOrder
from clinic.models.release import RELEASED, WITH_THEIR_PARENT
from clinic.models.requests import VisitRequest
from clinic.models.retention import CLASSES
from clinic.models.visits import UNDO_WINDOW, Visit, VisitStatus
from clinic.models.waitlist import WaitlistEntry
from clinic.queries.checking import ALL_RULES
from clinic.views.staff.calendar_lanes import MOST_BESIDE
from clinic.views.staff.calendar_scale import MOST_LINES


def permissions_page(app) -> str:
    """Roles and what they may do, then every route and who may use it."""
    roles = list(Role)
    lines = ["# Who may do what", "", "Drawn from `clinic/access.py` and the routes. Do not edit: run `make docs`.", ""]
    lines += ["## Roles", "", "| may | " + " | ".join(role.label for role in roles) + " |"]
    lines += ["| --- |" + " :-: |" * len(roles)]
    for permission in list(Permission)[2:]:
        lines.append(f"| {permission.label} | " + " | ".join(_mark(permission, role) for role in roles) + " |")
    lines += ["", *_words_on_roles(roles), "", *_releases(), ""]
    lines += ["## Routes", "", "| address | method | endpoint | needs | who |", "| --- | --- | --- | --- | --- |"]
    needs = app.extensions["needs"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods))):
        if rule.endpoint not in needs:
            continue
        need = needs[rule.endpoint]
        method = "POST" if "POST" in rule.methods and "GET" not in rule.methods else "GET"
        method = "GET, POST" if {"GET", "POST"} <= rule.methods else method
        address = rule.rule.replace("<", "‹").replace(">", "›")
        needed = need.permission.value + (" and proof" if need.fresh else "")
        lines.append(f"| {address} | {method} | {rule.endpoint} | {needed} | {_who(need)} |")
    return "\n".join(lines) + "\n"


def _words_on_roles(roles):
    """What the table of roles cannot show."""
    stood_in_for = ", ".join(role.label.lower() for role in roles if role in STOOD_IN_FOR)
    oneself = ", ".join(each.label[0].lower() + each.label[1:] for each in Permission if each in AS_ONESELF)
    return [
        "- *And proof*: who has not proved within ten minutes who they are does so first.",
        "- *In a window*: only while an administrator lets support look, and only what the window names.",
        "- *A doctor* opens their own patients' records and visits; who is something else too sees what that shows.",
        f"- *Standing in* (for: {stood_in_for}): what both may, and none of these: {oneself}.",
    ]


def _releases():
    """When patients see what is written about them, as the database keeps to it."""
    rows = [f"| {table} | {each.sentence} | `{each.condition}` |" for table, each in RELEASED.items()]
    parents = [f"| {table} | As what it belongs to. | as {parent} |" for table, parent in WITH_THEIR_PARENT.items()]
    head = ["| rows of | seen by their patient | where |", "| --- | --- | --- |"]
    return ["## When patients see what", "", *head, *rows, *parents]


def _who(need):
    if need.permission == Permission.PUBLIC:
        return "anyone"
    if need.permission == Permission.SIGNED_IN:
        return "anyone signed in"
    return ", ".join(role.value for role in Role if need.permission in permissions_of({role}, need.face))


def _mark(permission, role):
    if permission in ROLES[role]:
        return "yes"
    in_a_window = role == Role.SUPPORT and any(permission in opened for opened in SUPPORT_SCOPES.values())
    return "in a window" if in_a_window else ""


OTHER_LIVES = (
    ("The life of a request", "requests", VisitRequest), ("A place on the waiting list", "waitlist", WaitlistEntry),
    ("The life of a laboratory order", "lab_orders", LabOrder),
)  # fmt: skip


def flows_page() -> str:
    """A visit's life, from its table of steps."""
    lines = ["# The life of a visit", "", "Drawn from `clinic/models/visits.py`. Do not edit: run `make docs`.", ""]
    lines += ["```mermaid", "stateDiagram-v2", "    [*] --> requested", "    [*] --> booked"]
    lines += ["    [*] --> checked_in: walk-in"]
    for status, steps in Visit.steps.items():
        lines += [f"    {status.value} --> {step.value}{_only(status, step)}" for step in steps]
    over = [status for status in VisitStatus if status not in Visit.steps]
    lines += [f"    {status.value} --> [*]" for status in over] + ["```", ""]
    lines += ["| from | to |", "| --- | --- |"]
    lines += [
        f"| {status.label} | {', '.join(step.label for step in steps)} |" for status, steps in Visit.steps.items()
    ]
    minutes = int(UNDO_WINDOW.total_seconds() // 60)
    undoable = ", ".join(status.label for status in Visit.undoable)
    lines += ["", f"*Undo*: {undoable} go back to where they came from: within {minutes} minutes, later with a reason;"]
    lines += ["a cancelled visit only while its time is free.", ""]
    lines += ["*Closing the day*, once the visit's time is past:", ""]
    lines += [f"- {s.label} → {' or '.join(step.label for step in steps)}" for s, steps in Visit.closing_steps.items()]
    for title, source, model in OTHER_LIVES:
        lines += ["", f"# {title}", "", f"Drawn from `clinic/models/{source}.py`.", ""]
        lines += ["| from | to |", "| --- | --- |"]
        lines += [f"| {s.label} | {', '.join(step.label for step in steps)} |" for s, steps in model.steps.items()]
    return "\n".join(lines) + "\n"


def _only(status, step):
    skips = step == VisitStatus.IN_PROGRESS and status != VisitStatus.CHECKED_IN
    return ": by video" if skips else ""


def data_model_page() -> str:
    """Every table with what a row is, its columns and where they point."""
    lines = [
        "# The data model",
        "",
        "Drawn from `clinic/models`. Do not edit: run `make docs`. Where each field of the source",
    ]
    lines += ["designs lives stands in [source-map.csv](source-map.csv).", ""]
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.local_table.name):
        table = mapper.local_table
        lines += [
            f"## {table.name}",
            "",
            inspect.getdoc(mapper.class_),
            "",
            "| column | type | |",
            "| --- | --- | --- |",
        ]
        lines += [_column(table, column) for column in table.columns] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _column(table, column):
    points = {key.column.table.name for key in column.foreign_keys if column.name != "clinic_id"}
    facts = [f"→ {name}" for name in sorted(points)]
    facts += ["may be empty"] if column.nullable else []
    kind = column.type
    if isinstance(kind, ChoiceType):
        facts.insert(0, ", ".join(member.value for member in kind.choice))
    shown = kind.compile(dialect=postgresql.dialect()).lower()
    return f"| {column.name} | {shown} | {'; '.join(facts)} |"


ROOMS = {
    "": "Said once, for every room",
    "models": "What is true",
    "actions": "What may happen",
    "queries": "What a screen asks",
    "forms": "What a person may type",
    "views/public": "What anyone sees",
    "views/staff": "What the clinic's people see",
    "views/portal": "What patients see",
    "work": "What the worker does",
    "integrations": "The outside world",
    "commands": "The command line",
    "seed": "The demo",
    "server": "The embedded server and the supervisor",
}


def map_page() -> str:
    """Every module by its room, with the sentence it begins with."""
    lines = [
        "# The map",
        "",
        "Drawn from the first sentence of every module. Do not edit: run `make docs`. `git ls-files '*visits*'` prints",
    ]
    lines += ["everything about one subject: table, verbs, queries, forms, routes, templates, tests."]
    for room, words in ROOMS.items():
        folder = HOME / "clinic" / room
        lines += ["", f"## {words}: `{('clinic/' + room).rstrip('/')}`", "", "| file | what it is |", "| --- | --- |"]
        for path in sorted(folder.glob("*.py")):
            sentence = inspect.cleandoc(ast.get_docstring(ast.parse(path.read_text()))).splitlines()[0]
            lines.append(f"| {path.name} | {sentence.replace('|', '·')} |")
    return "\n".join(lines) + "\n"


def keeping_page() -> str:
    """How long what is kept, from the table of classes; then the rules that `flask check` asks."""
    lines = [
        "# How long what is kept",
        "",
        "Drawn from `clinic/models/retention.py`. Do not edit: run `make docs`.",
        "",
    ]
    lines += [
        "A legal hold on a patient's record stops all of it for that record, and for the months of the audit log in"
    ]
    lines += [
        "which its clinic has an entry: the database refuses even the keeper, the one role that may delete for good."
    ]
    lines += ["", "| what | tables | kept | why | what ends it |", "| --- | --- | --- | --- | --- |"]
    for kept in CLASSES:
        tables = ", ".join(kept.tables)
        lines.append(f"| {kept.what} | {tables} | {kept.until} | {kept.why} | {kept.how} |")
    lines += ["", "## What must be true all the while", "", "`flask check` asks for rows that break one of these.", ""]
    lines += ["| rule | a fault is, that |", "| --- | --- |"]
    lines += [
        f"| {rule.number} | {rule.sentence}{' (a warning)' if rule.is_warning else ''} |"
        for rule in sorted(ALL_RULES, key=lambda rule: (int(rule.number[1:]), rule.sentence))
    ]
    lines += [
        "",
        "I4 is asked of every foreign key that the database has: no row may point at one that is not there or is",
    ]
    lines += ["another clinic's. Rules without a table yet (payments) have no number here yet."]
    return "\n".join(lines) + "\n"


def calendar_lines() -> str:
    """The calendar's places as classes, since no page may carry a style of its own: lines of time, and shares."""
    head = "/* Drawn by `make docs`: .from-N begins on line N, .for-N is N lines long, .of-N.nth-M the Mth of N. */\n"
    begins = [f".from-{n} {{ grid-row-start: {n + 1}; }}" for n in range(MOST_LINES)]
    lengths = [f".for-{n} {{ grid-row-end: span {n}; }}" for n in range(1, MOST_LINES + 1)]
    shares = [
        f".of-{many}.nth-{each} {{ grid-column: {1 + (each - 1) * 12 // many} / span {12 // many}; }}"
        for many in range(1, MOST_BESIDE + 1) for each in range(1, many + 1)
    ]  # fmt: skip
    return head + "\n".join([*begins, *lengths, *shares]) + "\n"


def main():
    """Write every drawn page."""
    from tests.databases import application_for_drawing

    docs = HOME / "docs"
    (docs / "permissions.md").write_text(permissions_page(application_for_drawing()))
    (docs / "flows.md").write_text(flows_page())
    (docs / "map.md").write_text(map_page())
    (docs / "data-model.md").write_text(data_model_page())
    (docs / "keeping.md").write_text(keeping_page())
    (HOME / "static" / "css" / "calendar_lines.css").write_text(calendar_lines())


if __name__ == "__main__":
    main()
