"""The kiosk's side of sync: the process that runs rounds, enrolment, and the honest badge."""
