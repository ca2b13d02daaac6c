"""Who signs in: a seeded directory of people, the same every time, in several scripts and with awkward names."""

import functools
import unicodedata
from collections.abc import Iterator

import attrs

SIZE = 40
_SEED = 20131202
_DOMAINS = ("example.com", "example.org", "example.net")

_LANGUAGES = {
    "en_US": "english", "de_DE": "german", "el_GR": "greek", "ja_JP": "japanese", "pl_PL": "polish",
    "ar_AA": "arabic", "fr_FR": "french", "ru_RU": "russian", "zh_CN": "chinese", "es_MX": "spanish",
    "he_IL": "hebrew", "cs_CZ": "czech", "ko_KR": "korean", "tr_TR": "turkish", "hi_IN": "hindi",
    "uk_UA": "ukrainian", "pt_BR": "portuguese", "th_TH": "thai", "en_IN": "indian", "vi_VN": "vietnamese",
}  # fmt: skip
"""Faker's locales, and the mailbox of those whose script has no plain ASCII form."""


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


@functools.cache
def directory() -> tuple[Person, ...]:
    """Return the people of the directory: 40, always the same, each with a valid ASCII address of their own.

    Those with awkward names come first, so that nobody overlooks them.
    """
    people: list[Person] = []
    taken: set[str] = set()
    for person in _everybody():
        if person.email not in taken:
            taken.add(person.email)
            people.append(person)
        if len(people) == SIZE:
            break
    return tuple(people)


def _everybody() -> Iterator[Person]:
    yield from _AWKWARD
    # Importing Faker costs 0.2 s, which only those who need people should pay. All its providers cost 0.8 s more.
    from faker import Factory  # noqa: PLC0415

    providers = [f"faker.providers.{name}" for name in ("person", "company", "phone_number")]
    fakes = {locale: Factory.create(locale, providers=providers) for locale in _LANGUAGES}
    round_number = 0
    while True:
        round_number += 1
        for number, (locale, language) in enumerate(_LANGUAGES.items()):
            fake = fakes[locale]
            # Seeded one by one: the people of one language stay the same when another is added.
            fake.seed_instance(f"{_SEED}/{locale}/{round_number}")
            first, last, phone, company = (
                str(fake.format(what)) for what in ("first_name", "last_name", "phone_number", "company")
            )
            mailbox = _mailbox(first, last) or f"{language}.{round_number}"
            yield Person(
                first=first,
                last=last,
                email=f"{mailbox}@{_DOMAINS[number % len(_DOMAINS)]}",
                phone=phone,
                company=company,
            )


def _mailbox(first: str, last: str) -> str | None:
    """Return ``first.last`` without accents; ``None`` where letters would be lost."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}".replace(" ", ".")).casefold()
    letters = "".join(letter for letter in plain if letter.isalnum() or letter == ".")
    return letters if letters.isascii() else None


_AWKWARD = (
    Person("Jane", "Doe", "jane.doe@example.com", "+1 555 0100", "Acme & Sons"),
    Person("Zoë", "Müller", "zoe+test@example.com", "+49 30 5550101", "Müller & Söhne GmbH"),
    Person("Siobhán", "O'Brien", "siobhan.obrien@example.org", "+353 1 555 0102", 'O\'Brien "Quality" Foods'),
    Person("Suharto", "", "suharto@example.net", "+62 21 5550103", "Nusantara"),
    Person("Jean-Luc", "Le Goff-d'Arcy", "jean-luc.legoff@example.org", "+33 1 55 50 01 04", "Société <Générale>"),
    Person(
        "Wolfeschlegelsteinhausenbergerdorff Adolph Blaine Charles David Earl Frederick Gerald",
        "Hubert Irvin John Kenneth Lloyd Martin Nero Oliver Paul Quincy Randolph Sherman Thomas Uncas Victor",
        "wolfe@example.com", "+1 555 0105", "The Company With a Name That Is Almost as Long as That of Its Owner Ltd.",
    ),
    Person("محمد", "الأحمد", "mohammed.alahmad@example.com", "+966 11 555 0106", "شركة النور"),
    Person("נועה", "כהן", "noa.cohen@example.net", "+972 2 555 0107", "כהן ובניו"),
    Person("太郎", "山田", "taro.yamada@example.org", "03-5555-0108", "山田商店"),
    Person("𠮷野", "家", "yoshino.ya@example.com", "03-5555-0109", "𠮷野家"),
)  # fmt: skip
"""Names that break careless software: a plus in the address, an apostrophe, one word, hyphens, right to left, markup
characters, great length, characters beyond the Basic Multilingual Plane. The first is the plainest of all."""
