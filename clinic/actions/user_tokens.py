"""Links for one person and one purpose: written with a hash, good for a while and for one time."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions.acting import action
from clinic.models.accounts import TokenPurpose, User, UserSession, UserStatus, UserToken


@action
def write(user, purpose, token_hash, minutes, *, by, **facts):
    """Write a link of the person's, good for so many minutes; earlier ones of this purpose end."""
    session = object_session(user)
    end(session, user.id, purpose)
    written = UserToken(
        user_id=user.id, purpose=purpose, token_hash=token_hash, **by_the_databases_clock(minutes), **facts
    )
    session.add(written)
    return written


@action
def renew(written, token_hash, minutes, *, by):
    """Give a link that was written before its final token, as it is sent."""
    written.token_hash = token_hash
    written.expires_at = by_the_databases_clock(minutes)["expires_at"]
    return written


def by_the_databases_clock(minutes):
    """When a link was written and when it ends; a web server's clock may be wrong."""
    return {"created_at": sa.func.now(), "expires_at": sa.func.now() + timedelta(minutes=minutes)}


def end(session, user_id, *purposes):
    """End every open link of the person's for these purposes, or for any."""
    wanted = [UserToken.purpose.in_(purposes)] if purposes else []
    session.execute(
        sa.update(UserToken)
        .where(UserToken.user_id == user_id, UserToken.used_at.is_(None), *wanted)
        .values(used_at=sa.func.now()),
        execution_options={"synchronize_session": False},
    )


# A link to a new password is worth nothing once its owner has got in without it, or has changed what it would change.
SIGNED_IN_SINCE = sa.exists().where(
    UserSession.user_id == UserToken.user_id, UserSession.created_at > UserToken.created_at,
    UserSession.awaits_factor.is_(False),
)  # fmt: skip
FRESH_ENOUGH = sa.or_(
    UserToken.purpose != TokenPurpose.RESET_PASSWORD,
    sa.and_(
        sa.func.coalesce(User.password_changed_at, UserToken.created_at) <= UserToken.created_at,
        sa.func.coalesce(User.email_changed_at, UserToken.created_at) <= UserToken.created_at,
        ~SIGNED_IN_SINCE,
    ),
)


def found(session, token_hash, purpose, lock=False):
    """The link with this token if it can still be used, else None; with ``lock`` nobody else uses it meanwhile."""
    wanted = (
        sa.select(UserToken)
        .join(User, User.id == UserToken.user_id)
        .where(
            UserToken.token_hash == token_hash, UserToken.purpose == purpose, UserToken.used_at.is_(None),
            UserToken.expires_at > sa.func.now(), User.status == UserStatus.ACTIVE, FRESH_ENOUGH,
        )
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return session.scalars(wanted.with_for_update(of=UserToken) if lock else wanted).one_or_none()
