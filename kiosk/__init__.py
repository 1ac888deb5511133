"""The kiosk roof: everything that runs at a pickup point."""
