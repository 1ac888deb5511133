"""The web floor: one way to make an app, one look, one place for errors, languages and headers. It knows no room."""
