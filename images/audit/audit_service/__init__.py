"""The audit service: one stream of JSON lines of who did what on the platform."""
