"""What the product promises about safety, by number; tests marked ``promise(number, …)`` prove it.

`make security` runs those tests and writes docs/security-report.md. The gaps in the numbers are promises about what is
not built yet, such as payments.
"""

PROMISES = {
    1: "A time is never given to more people than it has places for, however many ask at once.",
    2: "A visit that waits for an answer, or a time that is held, counts as taken; saying yes looks again.",
    3: "A time that several share stays one time, however many book it at the same moment.",
    4: "A visit that is moved has its new time or still its old one, never both and never neither.",
    5: "Whatever many people do at the same moment, everyone sees a state that there really was.",
    6: "Hours stay at the same time on the wall when the clocks change.",
    7: "A time that is held for somebody is free again when the hold has run out, and only once.",
    8: "Nobody sees or changes anything of another clinic.",
    9: "Whoever names a row's id gets it only where the row is theirs to see.",
    10: "All routes and who may use them are written down; a change fails until somebody has looked at it.",
    11: "A rule about permissions that was turned round or loosened does not pass the tests.",
    12: "A refusal tells nothing: what is another's and what never existed are answered alike.",
    13: "A form changes what it shows and nothing else, whatever is added to it.",
    14: "What belongs to one patient is not reached through another.",
    15: "The database keeps clinics and patients apart even where the application forgets to.",
    16: "A role taken away and an account suspended count from the next request on.",
    17: "What an address asks for by its parameters reaches the database as a value, never as SQL.",
    18: "Signing in begins a new session; one that has ended does not come back.",
    19: "Who goes away is signed out, and nothing that a page does by itself keeps anybody signed in.",
    20: "A second factor's code counts once.",
    21: "Guessing is slowed for the account, the address and everybody, and locks nobody out of their own account.",
    22: "Signing in and a forgotten password do not tell who has an account; signing up does, but of no record.",
    23: "A link to a new password works once and soon, and not after anything newer.",
    24: "Looking changes nothing; what changes something is a form of our own, sent by the person it was drawn for.",
    25: "Every answer carries the security headers, and patients' data is kept by no cache.",
    26: "After signing out nothing of anybody is left in the browser.",
    27: "A way back leads only to pages of our own.",
    28: "What a request says of its host is not believed.",
    29: "Words that somebody stored never run in anybody's browser.",
    30: "Whoever reads or changes a patient's record is on record with it.",
    31: "The audit log cannot be changed without being found out.",
    32: "No log and no page of errors has a word of what anybody typed.",
    33: "A file that somebody sends is bounded, known by its bytes, and does nothing where it is given back.",
    34: "A link to a file opens it for a minute, for the person and the sign-in that asked for it.",
    35: "A form that is sent twice acts once and is answered the same.",
    36: "What an outside service calls counts only with its signature, and once, in whatever order it comes.",
    37: "An address that somebody typed never leads a request inside.",
    38: "An exported table runs in no spreadsheet.",
    39: "Secrets are kept encrypted, each for its own row, and their keys can be changed while people work.",
    40: "The database is brought to a new version and back without loss and without making anybody wait.",
    42: "In an emergency a doctor can open a record: with a reason, for an hour, and the clinic is told.",
}

# What is broken on purpose, by number, and the modules that break it. The gaps are faults of what is not built yet.
FAULTS = {
    "F1": ("A web worker is killed in the middle of a booking.", ("faults.test_killed_worker",)),
    "F2": ("The database stops at once and comes back.", ("faults.test_database_gone",)),
    "F3": ("The answer to COMMIT is lost on its way.", ("faults.test_lost_commit",)),
    "F4": (
        "The mail server, the service for text messages or the storage is away, slow, mute or rude.",
        ("faults.test_mail_away", "faults.test_texts_away", "faults.test_big_files", "work.test_breakers"),
    ),
    "F7": ("The clock of one web server is wrong.", ("faults.test_clocks",)),
    "F8": ("The clocks change.", ("faults.test_clock_changes",)),
    "F9": ("The worker dies in the middle of a job.", ("faults.test_killed_job",)),
    "F12": ("All connections to the database are busy.", ("faults.test_exhausted", "races.test_waiting")),
    "F13": ("Transactions wait for each other.", ("faults.test_storm", "faults.test_deadlocks")),
    "F16": ("The audit log cannot be written.", ("faults.test_audit_gone",)),
}
