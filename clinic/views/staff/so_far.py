"""What is chosen and written so far on a page that books, sent to be drawn anew: all of it is there again.

None of what is written ever stands in an address: it is sent, and sent on.
"""

from flask import redirect, request
from werkzeug.datastructures import MultiDict

CHOICES = ("patient_id", "visit_type_id", "provider_id", "visit_mode", "starts_at", "wanted_room")
WORDS = ("reason", "notes", "meeting_url", "overbook_reason")
# What registers a patient carries them along under other names: a patient has notes too.
CARRIED = "visit_"


def chosen():
    """What is chosen, by name: as the form was sent that has the lists, else as the address says.

    Where the list of doctors says whoever is first, it is the doctor of the chosen time.
    """
    sent = {name: request.form.getlist(name) for name in CHOICES if name in request.form}
    doctors = {"provider_id": [*filter(None, sent["provider_id"]), ""]} if "provider_id" in sent else {}
    return request.args.to_dict() | {name: values[0] for name, values in (sent | doctors).items()}


def written():
    """What is written about the visit on its own page, by the names under which it is carried along."""
    return {CARRIED + name: text for name in WORDS if (text := request.form.get(name))}


def carried():
    """What the registration of the patient carries along of it, by the same names."""
    return {name: text for each in WORDS if (text := request.form.get(name := CARRIED + each))}


def write_again(form):
    """Write into the form of the visit what was written in it, here or before its patient was registered."""
    words = MultiDict((name.removeprefix(CARRIED), text) for name, text in (carried() or written()).items())
    for name in words:
        if name in form:
            form[name].process(words)


def sent_on(then):
    """Send the browser on to a page with all that it has just sent: what was written is there, and in no address."""
    return redirect(then, 307)
