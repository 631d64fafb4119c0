"""An emergency as several tests have it: why the record was opened."""

WHY = "Unconscious in the waiting room, allergies unknown"
