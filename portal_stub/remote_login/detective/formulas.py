"""Mistakes with what is hashed and by which digest, whatever the portal's profile."""

from collections.abc import Iterable, Iterator
from itertools import permutations

from portal_stub.remote_login.detective.made import PROFILES, Made, Means, Mistake, Ways


def _told(means: Means, *orders: tuple[str, ...]) -> Ways:
    def ways(made: Made) -> Iterator[tuple[str, Made]]:
        for parts in orders:
            if (means, parts) != (made.means, made.parts):
                other = made._replace(means=means, parts=parts)
                yield other.formula, other

    return ways


def _as(made: Made, orders: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, Made]]:
    return iter(_told(made.means, *dict.fromkeys(orders))(made))


def _plain(made: Made) -> Iterable[tuple[str, Made]]:
    return _told(*PROFILES["md5"])(made)


def _plain_with_timestamp(made: Made) -> Iterable[tuple[str, Made]]:
    four = ("name", "email", "timestamp", "secret")
    return _told("hash", four, ("secret", *four[:3]), *(p for _, p in PROFILES.values() if len(p) == len(four)))(made)


def _hmac_for_md5(made: Made) -> Iterable[tuple[str, Made]]:
    if made.means != "hash":
        return ()
    hmacs = [parts for means, parts in PROFILES.values() if means == "hmac"]
    return _told("hmac", *hmacs, ("name", "email"), ("name", "secret", "email"))(made)


def _secret_in_message(made: Made) -> Iterable[tuple[str, Made]]:
    if (made.means, made.parts) != PROFILES["hmac-md5"]:
        return ()
    places = (1, 3, 0, 2)
    return _as(made, ((*made.parts[:place], "secret", *made.parts[place:]) for place in places))


def _secret_not_in_message(made: Made) -> Iterable[tuple[str, Made]]:
    return _as(made, [PROFILES["hmac-md5"][1]]) if (made.means, made.parts) == PROFILES["hmac-md5-salted"] else ()


def _no_timestamp(made: Made) -> Iterable[tuple[str, Made]]:
    if made.means != "hmac":
        return ()
    without = tuple(part for part in made.parts if part != "timestamp")
    return _as(made, (without, ("name", "email"), ("name", "secret", "email")))


def _other_order(made: Made) -> Iterable[tuple[str, Made]]:
    name, email = made.parts.index("name"), made.parts.index("email")
    swapped = list(made.parts)
    swapped[name], swapped[email] = "email", "name"
    return _as(made, (tuple(swapped), *permutations(made.parts)))


def _more_values(made: Made) -> Iterable[tuple[str, Made]]:
    more = [part for part in ("phone", "company") if getattr(made, part)]
    further = [(part,) for part in more] + list(permutations(more, 2))
    places = (made.parts.index("email") + 1, *range(len(made.parts), 0, -1))
    return _as(made, ((*made.parts[:at], *added, *made.parts[at:]) for at in places for added in further))


def _swapped(made: Made) -> Iterable[tuple[str, Made]]:
    return _told("swapped", made.parts)(made) if made.means == "hmac" else ()


def _other_digest(made: Made) -> Iterable[tuple[str, Made]]:
    return [(name, made._replace(digest=digest)) for name, digest in _DIGESTS.items()]


_DIGESTS = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}

_EXPECTED = "Make it as {}, of the values before they are encoded for the address."

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        code="plain-md5",
        sentence="Your hash is {}: the formula of before 2013, without HMAC.",
        mend="Use HMAC with MD5: the shared secret is its key, and the timestamp is hashed. Make it as {}.",
        ways=_plain,
    ),
    Mistake(
        code="hmac-for-md5",
        sentence="Your hash is {}, and this portal is set to plain MD5.",
        mend="Set the portal to the profile that your site uses: an HMAC is the better one. Or make the hash as {}.",
        ways=_hmac_for_md5,
    ),
    Mistake(
        code="secret-in-message",
        sentence="Your hash is {}: the secret is in what is hashed as well.",
        mend="Leave the secret out of what is hashed, or set the portal to the profile hmac-md5-salted if the secret "
        "stands after the name. This portal's formula is {}.",
        ways=_secret_in_message,
    ),
    Mistake(
        code="secret-not-in-message",
        sentence="Your hash is {}, the formula of before 2016: the secret is the key only.",
        mend="Put the secret into what is hashed as well, after the name: {}. Or set the portal to the profile "
        "hmac-md5.",
        ways=_secret_not_in_message,
    ),
    Mistake(
        code="timestamp-not-hashed",
        sentence="Your hash is {}: the timestamp is missing from it.",
        mend="Append the timestamp, exactly as it stands in the link, to what is hashed: {}.",
        ways=_no_timestamp,
    ),
    Mistake(
        code="md5-with-timestamp",
        sentence="Your hash is {}: plain MD5 over the values, the timestamp and the secret one after another.",
        mend=_EXPECTED,
        ways=_plain_with_timestamp,
    ),
    Mistake(
        code="other-order",
        sentence="Your hash is {}: the values are in another order.",
        mend=_EXPECTED,
        ways=_other_order,
    ),
    Mistake(
        code="phone-or-company-hashed",
        sentence="Your hash is {}: it covers the phone number or the company as well.",
        mend="Leave phone and company out of what is hashed: {}.",
        ways=_more_values,
    ),
    Mistake(
        code="secret-and-message-swapped",
        sentence="Your hash is {}: the two arguments of the HMAC are swapped.",
        mend="Look up in which order your library takes key and message, and make the hash as {}.",
        ways=_swapped,
    ),
)
"""In the order in which they are named: of two that lead to the same hash, the first."""

DIGESTS = (
    Mistake(
        code="other-digest",
        sentence="Your hash is made with {} in place of MD5.",
        mend="Use MD5 as the digest: {}.",
        ways=_other_digest,
    ),
)
