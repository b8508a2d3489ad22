"""The job engine: states, claims, heartbeat, cancel, resume. It knows nothing of the work itself."""
