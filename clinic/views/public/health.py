"""Whether this process can serve anybody, for whatever watches over it; nobody need be signed in."""

from flask import current_app, make_response

from clinic.access import GuardedBlueprint, Permission

bp = GuardedBlueprint("health", __name__, face="public")


@bp.get("/health", needs=Permission.PUBLIC, extends=False)
def health():
    """200 where the database answers within a second, else 503."""
    beats = current_app.extensions["pulse"].beats()
    answer = make_response("ok\n" if beats else "The database does not answer.\n", 200 if beats else 503)
    answer.headers.update({"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"})
    if not beats:
        answer.headers["Retry-After"] = "5"
    return answer
