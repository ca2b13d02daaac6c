"""What holds for every test."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
"""No example has a deadline: how long something takes is measured in ``bench/`` and never decides a test."""
settings.load_profile("no-deadline")
