"""Reading ``portal.toml``: secrets from the environment, and what the identity provider's metadata tells."""

import os
from pathlib import Path

import attrs

from portal_stub.config import SamlSettings, Settings
from portal_stub.idp_metadata import completed_by
from portal_stub.saml.metadata import MetadataProblem
from rulebook.strict_toml import FileProblem, read


def load(path: Path) -> Settings:
    """Read the settings file at ``path``; a secret or password ``env:NAME`` is read from the environment.

    What ``[saml]`` leaves empty is taken from the identity provider's metadata where ``saml.idp_metadata`` names it.
    Raises FileProblem when it cannot be used.
    """
    settings = read(path, Settings)
    accounts = tuple(
        attrs.evolve(account, password=_revealed(path, "account.password", account.password))
        for account in settings.account
    )
    simple = attrs.evolve(settings.simple, secret=_revealed(path, "simple.secret", settings.simple.secret))
    saml = _completed(path, settings.saml) if settings.saml.idp_metadata else settings.saml
    saml = attrs.evolve(
        saml,
        signing_key=_revealed(path, "saml.signing_key", saml.signing_key),
        encryption_key=_revealed(path, "saml.encryption_key", saml.encryption_key),
    )
    return attrs.evolve(settings, simple=simple, saml=saml, account=accounts)


def _completed(path: Path, saml: SamlSettings) -> SamlSettings:
    metadata = path.parent / saml.idp_metadata
    try:
        return completed_by(saml, metadata.read_bytes())
    except OSError as error:
        raise FileProblem(
            f"{path}: 'saml.idp_metadata' is {metadata}, which cannot be read ({error.strerror})."
        ) from None
    except MetadataProblem as problem:
        raise FileProblem(f"{path}: 'saml.idp_metadata' is {metadata}: {problem}") from None


def _revealed(path: Path, key: str, value: str) -> str:
    name = value.removeprefix("env:")
    if name == value:
        return value
    if name not in os.environ:
        raise FileProblem(f"{path}: '{key}' is read from the variable {name}, which is not set.")
    return os.environ[name]
