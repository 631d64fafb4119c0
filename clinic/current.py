"""Who is asking: read once per request from the session token."""

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager
from flask_login import current_user as _signed_in
from werkzeug.local import LocalProxy

from clinic.access import AS_ONESELF, Permission, may_be_stood_in_for, permissions_of
from clinic.actions.acting import Actor
from clinic.actions.tokens import hash_token, new_token
from clinic.db import db
from clinic.htmx import asked_by_itself
from clinic.models.accounts import Role
from clinic.models.grants import SupportScope
from clinic.models.people import Relation
from clinic.scope import Scope


@dataclass
class Current:
    """The person behind this request (or nobody), the clinic they are in, and what they may do there."""

    face: str = "public"
    session_id: UUID | None = None
    user: SimpleNamespace | None = None
    clinic: SimpleNamespace | None = None
    roles: frozenset = frozenset()
    provider_id: UUID | None = None
    patient_ids: frozenset = frozenset()
    # Records that became part of theirs: what could not move along is read there.
    merged_ids: frozenset = frozenset()
    # As what they see each of these patients' records in the portal.
    relations: dict = field(default_factory=dict)
    permissions: frozenset = field(default=frozenset())
    clinic_count: int = 0
    # Until when the session lasts if nobody does anything, and whatever anybody does (UTC).
    idle_until: datetime | None = None
    expires_at: datetime | None = None
    # Whether the person proved within the last ten minutes who they are.
    proved_lately: bool = False
    # Whether the clinic asks its staff for a second factor and this person has none yet.
    factor_missing: bool = False
    # Patients whose records were opened in an emergency, and what a support window lets one read, both for a while.
    opened_patients: frozenset = frozenset()
    support_scope: frozenset = frozenset()
    support_grants: tuple = ()
    support_until: datetime | None = None
    # The colleague this person stands in for (id, name, until), whose roles are then ``roles``.
    subject: SimpleNamespace | None = None
    own_roles: frozenset = frozenset()

    is_active = True
    is_anonymous = False

    @property
    def is_authenticated(self):
        """Whether somebody is signed in."""
        return self.user is not None

    def get_id(self):
        """The id Flask-Login asks for."""
        return str(self.session_id)

    def may(self, permission):
        """Whether a role of theirs holds the permission on this face."""
        return permission in self.permissions

    @property
    def acts_for_others(self):
        """Whether the portal's pages must say whose visit each is: of several patients, or of somebody else."""
        return len(self.patient_ids) > 1 or any(relation != Relation.SELF for relation in self.relations.values())

    @property
    def under(self):
        """The grants by which this request sees what it sees, as (name, id) pairs; every audit entry carries them."""
        support = tuple(("support", str(grant_id)) for grant_id in self.support_grants[:1])
        opened = [each.id for each in (g.get("opened_record"), *g.get("opened_listed", ())) if each]
        return (*support, ("break_glass", ",".join(str(each) for each in opened))) if opened else support

    @property
    def actor(self):
        """The same person as actions and the audit log know them."""
        return Actor(
            user_id=self.user.id if self.user else None,
            role=self._said_role,
            on_behalf_of_id=self.subject.id if self.subject else None,
            clinic_id=self.clinic.id if self.clinic else None,
            provider_id=self.provider_id,
            patient_ids=self.patient_ids,
            relations=tuple(self.relations.items()),
            in_portal=self.face == "portal",
            ip_address=request.remote_addr,
            user_agent=(request.user_agent.string or "")[:300],
            request_id=g.get("request_id"),
            under=self.under,
        )

    @property
    def _said_role(self):
        roles = "+".join(sorted(self.roles)) or None
        return f"{'+'.join(sorted(self.own_roles))} as {roles}" if self.subject else roles

    @property
    def scope(self):
        """Whose rows this person may see on this face."""
        if self.clinic is None:
            return Scope.person(self.user.id if self.user else None)
        if self.face == "staff":
            return Scope.staff(self.clinic.id, self.user.id)
        return Scope.portal(self.clinic.id, self.user.id, self.patient_ids | self.merged_ids)


current: Current = LocalProxy(lambda: _signed_in._get_current_object())
TOKEN = "token"  # noqa: S105 - a name in the cookie
__all__ = ["TOKEN", "Current", "current", "hash_token", "init_app", "new_token"]


def _load(_request) -> Current | None:
    """Flask-Login's question: who is it? One statement finds session, person, clinic, roles and sets the scope."""
    need = current_app.extensions["needs"].get(request.endpoint)
    face = need.face if need else "public"
    token = session.get(TOKEN)
    if not token:
        return None
    extends = bool(need and need.extends) and not asked_by_itself()
    limit = current_app.config["SESSION_IDLE_MINUTES"]
    row = db.session().enter_with_token(hash_token(token), face, limit, extends)
    if row is None or row["session_id"] is None:
        # What a page fetches by itself may cross with a new token that is on its way, and must not take it away again.
        g.former_token = session.pop(TOKEN) if extends else token
        db.session().enter(Scope.person())
        return None
    who = _current_of(row, face)
    db.session().scope = who.scope
    return who


def _current_of(row, face):
    user = SimpleNamespace(
        id=row["user_id"], name=row["user_name"] or row["email"], email=row["email"], timezone=row["user_timezone"],
        language=row["language"], email_verified=row["email_verified"], has_factor=row["has_factor"],
    )  # fmt: skip
    clinic = subject = None
    if row["clinic_id"]:
        clinic = SimpleNamespace(
            id=row["clinic_id"], name=row["clinic_name"], slug=row["slug"], timezone=row["clinic_timezone"],
            locale=row["locale"], currency=row["currency"], colour=row["colour"], has_logo=row["has_logo"],
            phone=row["clinic_phone"], version=row["clinic_version"],
        )  # fmt: skip
    relations = dict(zip(row["patients"] or (), map(Relation, row["relations"] or ()), strict=True))
    own_roles = roles = frozenset(Role(role) for role in row["roles"] or ())
    allowed = permissions_of(roles, face, row["support_scope"] or ())
    theirs = frozenset(Role(role) for role in row["subject_roles"] or ())
    if row["subject_id"]:
        subject = SimpleNamespace(id=row["subject_id"], name=row["subject_name"], until=row["subject_until"])
        roles = theirs
        # Nobody gains a right by standing in for somebody, and none is left once either is no more what they were.
        both = allowed & permissions_of(roles, face)
        # What is done as oneself only is not offered either: the guard would refuse it.
        allowed = both - AS_ONESELF if _may_stand_in(own_roles, theirs) else frozenset()
    return Current(
        face=face, session_id=row["session_id"], user=user, clinic=clinic, roles=roles, provider_id=row["provider_id"],
        patient_ids=frozenset(row["patients"] or ()), merged_ids=frozenset(row["merged"] or ()),
        relations=relations, permissions=allowed, clinic_count=row["clinic_count"] or 0,
        idle_until=row["idle_until"], expires_at=row["expires_at"], proved_lately=row["proved_lately"],
        factor_missing=row["factor_missing"],
        opened_patients=frozenset() if subject else frozenset(row["opened_patients"] or ()), **_support(row, roles),
        subject=subject, own_roles=own_roles,
    )  # fmt: skip


def _support(row, roles):
    """What support may read in this clinic now; it counts for support alone."""
    if Role.SUPPORT not in roles or not row["support_scope"]:
        return {}
    return {
        "support_scope": frozenset(SupportScope(each) for each in row["support_scope"]),
        "support_grants": tuple(sorted(row["support_grants"])), "support_until": row["support_until"],
    }  # fmt: skip


def _may_stand_in(own_roles, theirs):
    return Permission.STAFF_IMPERSONATE in permissions_of(own_roles, "staff") and may_be_stood_in_for(theirs)


def init_app(app: Flask):
    """Let Flask-Login ask here who it is."""
    manager = LoginManager()
    # Templates know people as `current`; Flask-Login's own would look somebody up even for a page about a database
    # that does not answer.
    manager.init_app(app, add_context_processor=False)
    manager.session_protection = None
    manager.anonymous_user = Current
    manager.request_loader(_load)
    app.context_processor(lambda: {"current": current, "Permission": Permission})
