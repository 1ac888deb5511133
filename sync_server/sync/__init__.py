"""The centre's sync API: enrolment, rounds, snapshots."""
