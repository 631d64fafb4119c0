"""Where a visit ``v`` stands as everybody reads it: ``Visit.state``, once for all statements written by hand."""

# A yes that was said of a time before the clinic moved the visit counts no more.
STATE = "CASE WHEN v.status = 'confirmed' AND v.confirmed_at IS NULL THEN 'booked' ELSE v.status END"
# As `Visit.is_unconfirmed` has it.
IS_UNCONFIRMED = f"({STATE} = 'booked')"
