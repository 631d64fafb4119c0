"""What the audit log's acts are called on screen: a sentence for each, said once, for the clinic and for patients."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.models.accounts import Role
from clinic.models.audit import Decision

# %(who)s did it; %(whom)s is the patient or the person it was done to, or "somebody" where the log names nobody.
DID = {
    "patients.open": _l("%(who)s opened %(whom)s’s record"),
    "patients.list": _l("%(who)s saw a list of patients"),
    "patients.register": _l("%(who)s registered %(whom)s"),
    "patients.update": _l("%(who)s changed the details of %(whom)s"),
    "patients.add_tag": _l("%(who)s pinned a word to %(whom)s’s record"),
    "patients.remove_tag": _l("%(who)s took a word off %(whom)s’s record"),
    "visits.open": _l("%(who)s opened a visit of %(whom)s"),
    "visits.list": _l("%(who)s saw a list of visits"),
    "booking.book": _l("%(who)s booked a visit for %(whom)s"),
    "walk_ins.add": _l("%(who)s added %(whom)s, who came without a time"),
    "holds.hold": _l("%(who)s held a time while booking"),
    "requests.ask": _l("%(who)s noted that %(whom)s asks for a visit"),
    "requests.triage": _l("%(who)s said how urgent a request of %(whom)s is"),
    "requests.take": _l("%(who)s took over a request of %(whom)s"),
    "requests.leave": _l("%(who)s left a request of %(whom)s to the others"),
    "requests.cancel": _l("%(who)s called off a request of %(whom)s"),
    "requests.undo": _l("%(who)s took back a step of a request of %(whom)s"),
    "requests.set_rules": _l("%(who)s changed how soon requests are answered"),
    "request_offers.propose": _l("%(who)s proposed a time to %(whom)s, who had asked for one"),
    "request_offers.take_back": _l("%(who)s took back a time proposed to %(whom)s"),
    "request_offers.book": _l("%(who)s booked what %(whom)s had asked for"),
    "request_offers.admit": _l("%(who)s let %(whom)s in, who had asked to come without a time"),
    "waitlist.join": _l("%(who)s put %(whom)s on the waiting list"),
    "waitlist.set_priority": _l("%(who)s changed who comes first on the waiting list (%(whom)s)"),
    "waitlist.leave": _l("%(who)s took %(whom)s off the waiting list"),
    "waitlist.come_back": _l("%(who)s put %(whom)s back on the waiting list"),
    "waitlist.expire": _l("%(who)s took %(whom)s off the waiting list, whose days are over"),
    "visits.accept": _l("%(who)s accepted the visit %(whom)s asked for"),
    "visits.confirm": _l("%(who)s noted that %(whom)s will come"),
    "visits.check_in": _l("%(who)s checked %(whom)s in"),
    "visits.start": _l("%(who)s started a visit of %(whom)s"),
    "visits.complete": _l("%(who)s completed a visit of %(whom)s"),
    "visits.cancel": _l("%(who)s cancelled a visit of %(whom)s"),
    "visits.mark_no_show": _l("%(who)s noted that %(whom)s did not come"),
    "visits.move_to": _l("%(who)s moved a visit of %(whom)s"),
    "visits.undo": _l("%(who)s took back a step of %(whom)s’s visit"),
    "visits.write_note": _l("%(who)s changed the note on a visit of %(whom)s"),
    "visits.set_meeting_url": _l("%(who)s changed where %(whom)s’s video visit meets"),
    "own_visits.unconfirm": _l("%(who)s left open again whether %(whom)s will come"),
    "visit_links.make": _l("%(who)s made the link of a visit of %(whom)s"),
    "visit_links.open": _l("%(who)s opened the link of a visit of %(whom)s"),
    "visit_links.prove": _l("%(who)s gave the date of birth of %(whom)s at the link of a visit"),
    "visit_links.revoke": _l("%(who)s revoked the link of a visit of %(whom)s"),
    "visit_links.restore": _l("%(who)s let the former link of a visit of %(whom)s work again"),
    "visit_links.set_rules": _l("%(who)s changed when patients may check in by themselves"),
    "intake.add": _l("%(who)s added a question that is asked before visits"),
    "intake.update": _l("%(who)s changed a question that is asked before visits"),
    "intake.retire": _l("%(who)s retired a question that is asked before visits"),
    "intake.ask_again": _l("%(who)s took up a retired question again"),
    "intake.move_up": _l("%(who)s moved a question up"),
    "intake.move_down": _l("%(who)s moved a question down"),
    "intake.answer": _l("%(who)s answered the questions before a visit of %(whom)s"),
    "visit_feedback.give": _l("%(who)s said how a visit of %(whom)s was"),
    "visit_feedback.publish": _l("%(who)s showed what somebody wrote about a visit"),
    "visit_feedback.hide": _l("%(who)s hid what somebody wrote about a visit"),
    "visit_feedback.reopen": _l("%(who)s put back to be read what somebody wrote about a visit"),
    "visit_feedback.rate": _l("%(who)s worked out how a doctor’s visits were"),
    "same_people.join": _l("%(who)s joined two records of %(whom)s"),
    "same_people.keep_apart": _l("%(who)s noted that %(whom)s and somebody alike are two people"),
    "same_people.move_visit": _l("%(who)s moved a visit to the right record of %(whom)s"),
    "break_glass.find": _l("%(who)s looked for %(whom)s in an emergency"),
    "break_glass.create": _l("%(who)s wanted to open %(whom)s’s record in an emergency"),
    "grants.break_glass": _l("%(who)s opened %(whom)s’s record in an emergency"),
    "grants.open_support": _l("%(who)s let support look for a while"),
    "grants.stand_in": _l("%(who)s began to stand in for a colleague"),
    "grants.stop_standing_in": _l("%(who)s stopped standing in for a colleague"),
    "grants.review": _l("%(who)s reviewed why a record was opened in an emergency"),
    "grants.end": _l("%(who)s ended a special right"),
    "connections.invite": _l("%(who)s invited somebody to see %(whom)s’s record in the portal"),
    "connections.write_second_link": _l("%(who)s wrote another link to %(whom)s’s record in the portal"),
    "connections.accept": _l("%(who)s was connected with %(whom)s’s record in the portal"),
    "connections.prove": _l("%(who)s proved to be allowed to see %(whom)s’s record"),
    "connections.withdraw": _l("%(who)s withdrew an invitation to %(whom)s’s record"),
    "connections.end": _l("%(who)s ended somebody’s way to %(whom)s’s record in the portal"),
    "sign_ups.sign_up": _l("%(who)s made an account"),
    "sign_ups.become_patient": _l("%(who)s became a patient here"),
    "exports.create": _l("%(who)s took a copy of %(whom)s’s record"),
    "erasures.ask": _l("%(who)s asked for %(whom)s’s record to be erased"),
    "erasures.confirm": _l("%(who)s confirmed that %(whom)s’s record is to be erased"),
    "erasures.withdraw": _l("%(who)s withdrew that %(whom)s’s record be erased"),
    "erasures.finish": _l("%(who)s erased a record"),
    "erasures.repeat": _l("%(who)s erased a record again after a restore"),
    "legal_holds.place": _l("%(who)s placed a legal hold"),
    "legal_holds.end": _l("%(who)s ended a legal hold"),
    "blocks.add": _l("%(who)s blocked a doctor’s time"),
    "blocks.remove": _l("%(who)s opened blocked time again"),
    "hours.add": _l("%(who)s added hours of a doctor"),
    "hours.update": _l("%(who)s changed a doctor’s hours"),
    "hours.pause": _l("%(who)s paused hours of a doctor"),
    "hours.resume": _l("%(who)s resumed hours of a doctor"),
    "hours.remove": _l("%(who)s removed hours of a doctor"),
    "providers.add": _l("%(who)s added a doctor"),
    "providers.update": _l("%(who)s changed a doctor’s profile"),
    "providers.offer": _l("%(who)s changed what a doctor offers"),
    "providers.approve": _l("%(who)s approved a doctor"),
    "providers.withdraw_approval": _l("%(who)s withdrew a doctor’s approval"),
    "providers.activate": _l("%(who)s made a doctor active"),
    "providers.deactivate": _l("%(who)s made a doctor inactive"),
    "closures.add": _l("%(who)s closed the clinic or a doctor for a while"),
    "closures.update": _l("%(who)s changed a closure"),
    "closures.remove": _l("%(who)s opened again what was closed"),
    "closures.restore": _l("%(who)s closed again what was opened"),
    "visit_types.add": _l("%(who)s added a visit type"),
    "visit_types.update": _l("%(who)s changed a visit type"),
    "visit_types.activate": _l("%(who)s made a visit type active"),
    "visit_types.deactivate": _l("%(who)s made a visit type inactive"),
    "visit_types.move_up": _l("%(who)s moved a visit type up"),
    "visit_types.move_down": _l("%(who)s moved a visit type down"),
    "locations.add": _l("%(who)s added a place"),
    "locations.update": _l("%(who)s changed a place"),
    "rooms.add": _l("%(who)s added a room"),
    "rooms.update": _l("%(who)s changed a room"),
    "rooms.pause": _l("%(who)s paused a room"),
    "rooms.resume": _l("%(who)s took a room into use again"),
    "rooms.add_kind": _l("%(who)s added a kind of room"),
    "rooms.rename_kind": _l("%(who)s renamed a kind of room"),
    "visit_rooms.choose": _l("%(who)s changed the room of a visit"),
    "organizations.update": _l("%(who)s changed the clinic’s profile"),
    "organizations.set_logo": _l("%(who)s changed the clinic’s logo"),
    "organizations.remove_logo": _l("%(who)s removed the clinic’s logo"),
    "security.update": _l("%(who)s changed the clinic’s security rules"),
    "clinics.create": _l("%(who)s made the clinic"),
    "clinics.close": _l("%(who)s closed the clinic for good"),
    "clinics.keep_for": _l("%(who)s set how long a closed clinic’s data is kept"),
    "clinics.export": _l("%(who)s exported everything the clinic holds"),
    "clinics.purge": _l("%(who)s removed a clinic whose time was over"),
    "clinics.forget": _l("%(who)s removed what a closed clinic left behind"),
    "closing.shut": _l("%(who)s closed an account"),
    "closing.leave": _l("%(who)s left the clinic with a closed account"),
    "accounts.write_invitation": _l("%(who)s invited a colleague"),
    "accounts.write_second_link": _l("%(who)s wrote an invitation anew"),
    "accounts.accept_invite": _l("%(who)s accepted an invitation"),
    "accounts.add_role": _l("%(who)s gave somebody a role"),
    "accounts.end_role": _l("%(who)s took a role from somebody"),
    "accounts.change_password": _l("%(who)s changed a password"),
    "users.suspend": _l("%(who)s suspended an account"),
    "users.activate": _l("%(who)s let an account in again"),
    "user_tokens.write": _l("%(who)s wrote a link for %(whom)s"),
    "user_tokens.renew": _l("%(who)s wrote a link for %(whom)s anew"),
    "emails.change": _l("%(who)s changed an email address"),
    "emails.verify": _l("%(who)s confirmed an email address"),
    "resets.ask": _l("%(who)s asked for a new password"),
    "resets.reset": _l("%(who)s chose a new password by link"),
    "sign_ins.prove": _l("%(who)s gave a password"),
    "sign_ins.open_session": _l("%(who)s signed in"),
    "sign_ins.enter": _l("%(who)s came to this clinic"),
    "sign_ins.sign_out": _l("%(who)s signed out"),
    "sign_ins.end": _l("%(who)s ended a sign-in elsewhere"),
    "sign_ins.end_elsewhere": _l("%(who)s ended every other sign-in"),
    "sign_ins.disown": _l("%(who)s said a sign-in was not theirs"),
    "second_steps.wait": _l("%(who)s gave a password and was asked for the second step"),
    "proving.prove": _l("%(who)s proved who they are"),
    "factors.begin_app": _l("%(who)s began to set up an app for the second step"),
    "factors.confirm_app": _l("%(who)s set up an app for the second step"),
    "factors.remove_app": _l("%(who)s removed an app for the second step"),
    "factors.use_code": _l("%(who)s used a code of an app"),
    "factors.note_use": _l("%(who)s used a code of an app"),
    "factors.ask_reset": _l("%(who)s asked to set up the second step of %(whom)s anew"),
    "factors.cancel_reset": _l("%(who)s withdrew that a second step be set up anew"),
    "factors.reset": _l("%(who)s removed the second step of %(whom)s"),
    "passkeys.add": _l("%(who)s added a passkey"),
    "passkeys.remove": _l("%(who)s removed a passkey"),
    "passkeys.use": _l("%(who)s used a passkey"),
    "passkeys.note_use": _l("%(who)s used a passkey"),
    "recovery_codes.write": _l("%(who)s made new recovery codes"),
    "recovery_codes.use": _l("%(who)s used a recovery code"),
    "recovery_codes.note_use": _l("%(who)s used a recovery code"),
    "audit.export": _l("%(who)s saved the audit log as a file"),
    "audit.ensure_partitions": _l("%(who)s made room in the audit log"),
    "backups.make": _l("%(who)s made a backup"),
    "backups.restore": _l("%(who)s restored a backup"),
    "keeping.purge": _l("%(who)s removed what need not be kept any more"),
    "keyring.rotate": _l("%(who)s changed the keys of kept secrets"),
    "imports.write_patients": _l("%(who)s imported patients"),
    "imports.write_providers": _l("%(who)s imported doctors"),
    "imports.write_visits": _l("%(who)s imported visits"),
    "imports.write_visit_events": _l("%(who)s imported the history of visits"),
    "imports.write_slots": _l("%(who)s imported times"),
    "imports.write_patient_words": _l("%(who)s imported what patients are found by"),
    "imports.write_external_ids": _l("%(who)s imported numbers of another system"),
}
# The same of what was refused.
TRIED = {
    "patients.open": _l("%(who)s was refused the record of %(whom)s"),
    "visits.open": _l("%(who)s was refused a visit of %(whom)s"),
    "visit_links.prove": _l("Somebody gave a wrong date of birth at the link of a visit of %(whom)s"),
    "sign_ins.prove": _l("Somebody gave a wrong password for %(whom)s"),
    "proving.prove": _l("%(who)s gave a wrong password"),
    "factors.use_code": _l("Somebody gave a wrong code for %(whom)s"),
    "passkeys.use": _l("Somebody gave a passkey of %(whom)s that does not fit"),
    "recovery_codes.use": _l("Somebody gave a wrong recovery code for %(whom)s"),
}
# What a patient reads of their own record.
TO_PATIENTS = {
    "patients.open": _l("looked at your record"),
    "visits.open": _l("looked at a visit of yours"),
    "patients.register": _l("registered you"),
    "patients.update": _l("changed your details"),
    "patients.add_tag": _l("put a note on your record"),
    "patients.remove_tag": _l("took a note off your record"),
    "booking.book": _l("booked a visit"),
    "walk_ins.add": _l("noted that you came without a time"),
    "visits.accept": _l("accepted the visit you asked for"),
    "visit_rooms.choose": _l("changed the room of a visit"),
    "visits.confirm": _l("noted that you will come"),
    "visits.check_in": _l("noted that you are here"),
    "visits.start": _l("started your visit"),
    "visits.complete": _l("completed your visit"),
    "visits.cancel": _l("cancelled a visit"),
    "visits.mark_no_show": _l("noted that you did not come"),
    "visits.move_to": _l("moved a visit"),
    "visits.undo": _l("corrected a step of your visit"),
    "visits.write_note": _l("changed the note on a visit"),
    "visits.set_meeting_url": _l("changed where your video visit meets"),
    "own_visits.unconfirm": _l("left open again whether you will come"),
    "visit_links.make": _l("made the link of a visit of yours"),
    "visit_links.open": _l("opened the link of a visit of yours"),
    "visit_links.prove": _l("gave your date of birth at the link of a visit"),
    "visit_links.revoke": _l("revoked the link of a visit of yours"),
    "visit_links.restore": _l("let the former link of a visit work again"),
    "intake.answer": _l("answered the questions before a visit"),
    "requests.ask": _l("noted that you ask for a visit"),
    "requests.triage": _l("looked at what you asked for"),
    "requests.take": _l("looks after what you asked for"),
    "requests.cancel": _l("called off what you asked for"),
    "request_offers.propose": _l("proposed a time to you"),
    "request_offers.take_back": _l("took back a time proposed to you"),
    "request_offers.book": _l("booked what you asked for"),
    "waitlist.join": _l("put you on the waiting list"),
    "waitlist.leave": _l("took you off the waiting list"),
    "visit_feedback.give": _l("said how a visit was"),
    "same_people.join": _l("joined two records of yours"),
    "same_people.keep_apart": _l("looked at your record beside one like it"),
    "break_glass.find": _l("looked for your record in an emergency"),
    "break_glass.create": _l("wanted to open your record in an emergency"),
    "grants.break_glass": _l("opened your record in an emergency"),
    "exports.create": _l("took a copy of your record"),
    "connections.invite": _l("invited somebody to see your record here"),
    "connections.accept": _l("was given the right to see your record here"),
    "connections.withdraw": _l("withdrew an invitation to see your record"),
    "connections.end": _l("ended somebody’s right to see your record here"),
}
KINDS = {
    "opened": (_l("Records opened and lists seen"), ("patients.open", "patients.list", "visits.open", "visits.list")),
    "special": (_l("Emergencies, support and standing in"), ("grants", "break_glass")),
    "visits": (_l("Visits"), ("visits", "visit_rooms", "booking", "walk_ins", "holds", "requests", "request_offers", "waitlist")),
    "patients": (_l("Patients"), ("patients", "connections", "same_people", "sign_ups", "erasures", "legal_holds",
                                   "exports")),
    "links": (_l("Visits’ links, questions before and answers after"), ("visit_links", "own_visits", "intake",
                                                                         "visit_feedback")),
    "schedule": (_l("Hours, doctors and visit types"), ("hours", "blocks", "closures", "providers", "visit_types",
                                                     "locations", "rooms")),
    "people": (_l("Colleagues and accounts"), ("accounts", "users", "user_tokens", "emails", "resets", "closing")),
    "signing_in": (_l("Signing in"), ("sign_ins", "second_steps", "proving", "factors", "passkeys", "recovery_codes")),
    "clinic": (_l("The clinic and its data"), ("organizations", "security", "clinics", "audit", "backups", "keeping",
                                               "keyring", "imports")),
}  # fmt: skip
OPENED = KINDS["opened"][1]


def actions_of(kind):
    """The acts of a kind, by name; none for no kind."""
    if not kind:
        return ()
    wanted = KINDS[kind][1]
    found = [name for name in DID if name in wanted or name.partition(".")[0] in wanted]
    return tuple(found if kind == "opened" else [name for name in found if name not in OPENED])


def sentence(row, names):
    """One entry in words; an act without words of its own is told by its name."""
    who = names.get(row.actor_id) or nobodys(row.actor_role)
    whom = names.get(row.patient_id) or (row.resource_type == "users" and names.get(row.resource_id)) or _("somebody")
    if row.decision == Decision.REFUSED:
        said = TRIED.get(row.action) or _l("%(who)s was refused a page or an act (%(act)s)")
    else:
        said = DID.get(row.action) or _l("%(who)s did something (%(act)s)")
    return str(said) % {"who": who, "whom": whom, "act": row.action}


def to_patient(action):
    """An act in the words a patient reads after the name of who did it."""
    return TO_PATIENTS.get(action) or _l("worked on your record")


def detail(key):
    """What a detail of an entry is called; one without a word of its own by its name."""
    known = {
        "page": _("Page"), "status": _("Answered with"), "ids": _("Ids"), "listed": _("People listed"),
        "cause": _("Cause"), "break_glass": _("Emergency"), "support": _("Support window"),
        "relation": _("Acts for the patient as"), "rows": _("Rows"), "made": _("Made"), "who": _("Who"),
        "visit_link": _("Link of the visit"), "link": _("Link of the visit"), "signed_in": _("Signed in as"),
        "kind": _("What"), "since": _("From"), "until": _("To"), "decision": _("Decision"),
    }  # fmt: skip
    return known.get(key, key)


def nobodys(role):
    """Who did what no signed-in person did."""
    return {
        "job": _("The clinic’s program"), "operator": _("The people who run the program"),
        "visit_link": _("Whoever holds the visit’s link"),
    }.get(role, _("Somebody"))  # fmt: skip


def role(written):
    """The roles an entry names, as words: ``admin as receptionist`` is an administrator standing in for one."""
    own, _as, other = (written or "").partition(" as ")
    words = ", ".join(_(Role(each).label) for each in own.split("+") if each in set(Role))
    return _("%(role)s, in the place of a colleague", role=words) if other else words
