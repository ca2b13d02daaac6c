"""Names the mistake by which a Response came out as it did."""

from datetime import datetime

from portal_stub.config import Settings
from portal_stub.saml.decryption import OwnKey
from portal_stub.saml.message import Post
from portal_stub.suspect import Suspect


def suspects(post: Post, settings: Settings, now: datetime, own_key: OwnKey | None = None) -> tuple[Suspect, ...]:
    """Return the mistakes that explain what was posted and refused, none where nothing explains it."""
    return ()
