"""Routes on which nobody is let in where everything is asked for, each with the reason and where it is tried instead.

Of every other route somebody is let in to something: only then does a 404 for another clinic's thing prove anything.
"""

LINK = "The address is a link that was sent to one person, and nobody who asks here was sent one"
CODE = "The address is the code of one screen in one waiting room, and no such screen is set up here"
HALF_WAY = "For somebody who has given a password and not yet the second step; who asks here is signed in or is nobody"
FILES = "A file by its name and version, which is in no clinic"
SIGNED = "For an outside service that signs what it sends"

REASONS = {
    "assets.htmx": f"{FILES}: tests/views/test_headers.py",
    "bootstrap.static": f"{FILES}: tests/views/test_headers.py",
    "public.accounts.join": f"{LINK}: tests/views/public/test_joining.py",
    "public.calendar_feeds.show": f"{LINK}: tests/views/public/test_calendar_feeds.py",
    "public.clinics.logo": "Rose Street has sent no logo: tests/views/public/test_clinics.py",
    "public.connecting.account": f"{LINK}: tests/views/public/test_connecting.py",
    "public.connecting.begin": f"{LINK}: tests/views/public/test_connecting.py",
    "public.displays.show": f"{CODE}: tests/views/public/test_displays.py",
    "public.emails.use": f"{LINK}: tests/views/public/test_emails.py",
    "public.emails.verify": f"{LINK}: tests/views/public/test_emails.py",
    "public.kiosks.check_in": f"{CODE}: tests/views/public/test_kiosks.py",
    "public.kiosks.done": f"{CODE}: tests/views/public/test_kiosks.py",
    "public.kiosks.show": f"{CODE}: tests/views/public/test_kiosks.py",
    "public.offers": f"{LINK}: tests/views/public/test_offers.py",
    "public.outbox.index": "Only where mail goes to a folder: tests/views/public/test_outbox.py",
    "public.passwords.reset": f"{LINK}: tests/views/public/test_passwords.py",
    "public.second_step": f"{HALF_WAY}: tests/views/public/test_second_step.py",
    "public.texts": f"{SIGNED}: tests/views/public/test_texts.py",
    "public.visit_link": f"{LINK}: tests/views/public/test_visit_link.py",
    "staff.standing_in.end": "For somebody who acts for another: tests/views/staff/test_standing_in.py",
}


def reason_for(endpoint):
    """Why nobody is let in there, or None."""
    return REASONS.get(endpoint) or REASONS.get(endpoint.rpartition(".")[0])


def places():
    """Where the routes are tried instead."""
    return {reason.rpartition(": ")[2] for reason in REASONS.values()}
