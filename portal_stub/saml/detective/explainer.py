"""What a part of the detective offers: which violated rules it may explain, and how."""

from collections.abc import Callable, Iterator

from portal_stub.saml.received import Received
from portal_stub.suspect import Suspect

Explainer = tuple[frozenset[str], Callable[[Received], Iterator[Suspect]]]
"""The rules whose violation it may explain, and what explains it, one suspect a cause. It may raise NotApplicable."""
