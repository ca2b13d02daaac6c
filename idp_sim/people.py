"""Who signs in: a seeded directory of people, the same every time, in several scripts and with awkward names."""

import attrs


@attrs.frozen
class Person:
    """A person whom the simulator can sign in. ``email`` identifies them; ``last`` is empty for one-word names."""

    first: str
    last: str
    email: str
    phone: str
    company: str

    @property
    def name(self) -> str:
        """The full name, without stray blanks."""
        return f"{self.first} {self.last}".strip()


def impostor(person: Person) -> Person:
    """Return the forged identity that stands beside ``person`` wherever a message is forged.

    Every forged place of a message carries this identity and every genuine place carries ``person``,
    so that the portal's own page tells which of the two it read.
    """
    mailbox, _, domain = person.email.partition("@")
    return Person(
        first="Forged",
        last=mailbox.capitalize(),
        email=f"forged.{mailbox}@{domain}",
        phone="+1 555 0199",
        company="Forgery Inc",
    )
