"""The demo: two clinics, their people and a busy week around today, made through the actions."""
