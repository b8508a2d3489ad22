"""The composition root: settings, routes, the Celery app, embedded servers and commands."""
