"""What is an email address (portal-contract R7, S12)."""

from email_validator import EmailNotValidError, validate_email


def address_problem(text: str) -> str:
    """Return why ``text`` is not an email address, or the empty string when it is one. Nothing is looked up."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return ""


def mailbox(address: str) -> str:
    """Return the part before the ``@``: the name of a person of whom no name is known (portal-contract S13)."""
    return address.partition("@")[0].strip() or address


def shown(text: str, limit: int = 120) -> str:
    """Return ``text`` in quotes, with control characters escaped and at most ``limit`` characters long."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut) + "'"
