"""The bench's figures as a page, and which aims they miss."""

from tests.bench import pdfs
from tests.bench.record import ENTRIES
from tests.reports import table

OPEN, BOARD, BOOKING = "Open times of a doctor's day", "Day board of 800 visits", "Booking, from POST to commit"
FINDER, DAY, MONTH = "The next three times with a room", "Day calendar of 20 doctors x 40", "Month of 20,000 visits"
CHART, TYPING = f"Chart of {ENTRIES:,} entries", "A name typed into the search, each letter"
SHOWN = (OPEN, FINDER, BOARD, DAY, MONTH, CHART, BOOKING, TYPING)
# The best that open systems were seen to do on such a machine, at 8 clients, a second.
OTHERS = {OPEN: 137, BOARD: 9, BOOKING: 106}
HEAD = ("What", "Clients", "a second", "p50 ms", "p95 ms", "its SQL alone", "share of it", "bare view", "times bare")


def report(month, years, by_turns, profiles, ground, plans, letters, sown):
    """The page, and the aims that were missed."""
    aims = [*_aims(month, by_turns), _letters(*letters)]
    missed = [name for name, _aim, _seen, kept in aims if not kept]
    judged = [(name, aim, seen, "kept" if kept else "**missed**") for name, aim, seen, kept in aims]
    growth = [
        (what, f"{before:.0f}", f"{after:.0f}", f"{before / after:.2f}") for what, (before, after) in by_turns.items()
    ]
    text = f"""# Bench

The product under gunicorn (2 workers, 64 threads, 16 connections each) with 20 doctors, 10,000 patients and 24,000
visits in a month, asked by clients in processes of their own over kept connections. Beside each figure stand its
limits, measured right after it in the same run: *its SQL alone* is the identical list of statements, caught from the
application, said through psycopg between BEGIN and COMMIT by as many processes; the *bare view* is a Flask view under
the same gunicorn that says the same statements and puts the same bytes together in one loop with `str.format`.
Absolute figures differ from machine to machine and from hour to hour; the ratios mean something.

## The aims

{table(("Aim", "at most / least", "Seen", ""), judged)}

For orientation, answers a second at 8 clients beside the best of other open systems: {_beside_others(month)}.
{_sown(*sown)}

## A month: 24,000 visits

{table(HEAD, list(_rows(month)))}

{_memory(month)}

## Years: {ground.visits:,} visits, {len(ground.place.patients):,} patients

Loaded by COPY with their slots and histories, then ANALYZE.

{table(HEAD, list(_rows(years)))}

{_memory(years)}

### Growth

Answers a second at 8 clients from the month's database and from the years', by turns, three each; the medians.

{table(("What", "a month", "years", "growth"), growth)}

## How a patient is found among a million

What the database does for what somebody has typed so far, from the years' database. Words that fit few lead to their
patients; where every word fits very many, patients are read in the order of the words and no further than is shown.

{_plans(plans)}

## Where the time goes

Shares of one answer's time under cProfile, which makes Python look slower than it is beside the database.

{table(("Part", *profiles), _profile_rows(profiles))}

## What was done about it

- Sign-in, clinic, roles and scope are found by one statement that also opens the transaction (`app_enter`).
- The lock that a booking takes reads everything the booking has to know of doctor, type, clinic and patient; whether
  the time is open is one more statement; what is written are prebuilt inserts, not flushes.
- Open times are computed by the database in one statement whose bounds reach the index as scalar subqueries. It and
  `app_enter` keep their plans from one request to the next: planning them anew took longer than answering.
- Whether a connection still lives is seen on its socket before a request, without a round trip.
- The board's rows come as plain columns; whatever many lines share (a time, a word, a set of buttons) is made once,
  and one loop writes them.
- Nothing about an answer is looked up that its page does not show: no second query for the person or the clinic.
"""
    return text, missed


def _letters(rate, grown):
    seen = f"{rate:.0f}; memory grew {grown / 2**20:.0f} MB"
    return "Prescriptions set as PDF, a second on one core", f"≥ {pdfs.AIM}", seen, rate >= pdfs.AIM


def _aims(month, by_turns):
    def ratio(what, limit):
        seen = month[what][8]
        return seen[limit].rps / seen["product"].rps

    yield "Open times, times the bare view", "≤ 3.0", f"{ratio(OPEN, 'bare'):.2f}", ratio(OPEN, "bare") <= 3
    yield "Board, times the bare view", "≤ 2.0", f"{ratio(BOARD, 'bare'):.2f}", ratio(BOARD, "bare") <= 2
    share = 1 / ratio(BOOKING, "sql")
    yield "Booking, share of its SQL alone", "≥ 25 %", f"{share:.0%}", share >= 0.25
    for what in (*OTHERS, FINDER, DAY, MONTH, CHART, TYPING):
        before, after = by_turns[what]
        yield f"{what}: growth to a million visits", "≤ 1.2", f"{before / after:.2f}", before / after <= 1.2


def _rows(found):
    for what in SHOWN:
        for clients, seen in found[what].items():
            product, sql, bare = seen["product"], seen.get("sql"), seen.get("bare")
            yield (
                what, clients, f"{product.rps:.0f}", f"{product.p50 * 1000:.1f}", f"{product.p95 * 1000:.1f}",
                f"{sql.rps:.0f}" if sql else "–", f"{product.rps / sql.rps:.0%}" if sql else "–",
                f"{bare.rps:.0f}" if bare else "–",
                f"{bare.rps / product.rps:.2f}" if bare else "–",
            )  # fmt: skip


def _memory(found):
    each = ", ".join(f"{what.lower()} {found['memory', what] / 2**20:.0f} MB" for what in SHOWN)
    return f"Peak memory of the server (all its processes, resident): {each}."


def _plans(plans):
    return "\n\n".join(f"“{typed}”:\n\n```\n{plan}\n```" for typed, plan in plans)


def _sown(seconds, statements):
    took = f"{seconds:.0f} s, {statements:,} statements, {seconds / statements * 1000:.1f} ms for each"
    return f"The demo of two clinics, through the actions: {took}."


def _beside_others(month):
    seen = {what: month[what][8]["product"].rps for what in OTHERS}
    return ", ".join(
        f"{what.lower()} {seen[what]:.0f} ({seen[what] / best:.1f} × {best})" for what, best in OTHERS.items()
    )


def _profile_rows(profiles):
    parts = sorted({part for shares in profiles.values() for part in shares})
    return [(part, *(f"{shares.get(part, 0):.0%}" for shares in profiles.values())) for part in parts]
