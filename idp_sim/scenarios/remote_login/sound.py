"""Remote logins that every portal must accept."""

import unicodedata

import attrs

from idp_sim.catalogue import sound
from idp_sim.login import RemoteLogin
from idp_sim.scenarios.remote_login.clock import known_to, stamped
from idp_sim.stages import Link

NAMES = {
    "accents": "Zoë Müller-Ångström",
    "apostrophe": "Siobhán O'Brien",
    "one-word": "Suharto",
    "right-to-left": "נועה כהן",
    "japanese": "山田 太郎",
    "beyond-bmp": "𠮷野 😀",
    "reserved-characters": "Tom & Jerry = 100% #1 <b>?",
    "markup": "<script>document.title = 'Jane'</script> <b>Doe</b>",
    "decomposed": unicodedata.normalize("NFD", "Zoë Müller-Ångström"),
}


@sound
def plain(login: RemoteLogin) -> RemoteLogin:
    """A sound remote login with nothing but what is required. It is the control of every broken one."""
    return login


@sound
def phone_and_company(login: RemoteLogin) -> RemoteLogin:
    """The login carries phone and company as well, outside the hash."""
    return login.but(phone=login.person.phone, company=login.person.company)


@sound
def redirect_to_own_host(login: RemoteLogin) -> RemoteLogin:
    """The login asks for a page on the portal's own host."""
    return login.but(redirect_to="/support/tickets")


@sound
def space_as_percent(link: Link) -> Link:
    """A space in the query is written as %20 instead of +."""
    return attrs.evolve(link, space="%20")


@sound(variants=NAMES)
def name_in_script(login: RemoteLogin, name: str) -> RemoteLogin:
    """The name is not plain ASCII letters: {variant}."""
    return login.but(name=name)


@sound
def plus_address(login: RemoteLogin) -> RemoteLogin:
    """The address has a plus sign in it, written as %2B."""
    mailbox, _, domain = login.person.email.partition("@")
    return login.but(email=f"{mailbox.partition('+')[0]}+helpdesk@{domain}")


@sound
def unknown_parameter(link: Link) -> Link:
    """The link has a parameter that the portal does not know."""
    return attrs.evolve(link, parameters=(*link.parameters, ("utm_source", b"intranet")))


@sound
def other_order(link: Link) -> Link:
    """The parameters come in another order."""
    return attrs.evolve(link, parameters=link.parameters[::-1])


@sound
def fraction(login: RemoteLogin) -> RemoteLogin:
    """The timestamp has a fraction of a second, which is part of the hash."""
    return stamped(login, f"{login.at.timestamp():.0f}.123")


@sound
def nearly_too_old(login: RemoteLogin) -> RemoteLogin:
    """The login is ten seconds younger than the oldest that the portal allows."""
    return stamped(login, -(known_to(login).max_age_seconds - 10))


@sound(given={"simple.max_age_seconds": 30})
def nearly_too_old_later_era(login: RemoteLogin) -> RemoteLogin:
    """The portal allows 30 seconds, as in the later era, and the login is ten seconds younger."""
    return nearly_too_old(login)


@sound
def clock_ahead(login: RemoteLogin) -> RemoteLogin:
    """The remote login page's clock is ahead of the portal's, by ten seconds less than is allowed."""
    return stamped(login, known_to(login).max_future_seconds - 10)


@sound(variants={"phone": ("phone", "+1 555 0199"), "company": ("company", "Altered Ltd")})
def altered_outside_the_hash(link: Link, change: tuple[str, str]) -> Link:
    """What the hash does not cover was changed on the way, which nobody can tell: {variant}."""
    name, value = change
    changed = tuple(pair for pair in link.parameters if pair[0] != name)
    return attrs.evolve(link, parameters=(*changed, (name, value.encode())))


@sound
def target_altered(link: Link) -> Link:
    """The target, which the hash does not cover, was changed to another page of the portal."""
    return attrs.evolve(link, parameters=(*link.parameters, ("redirect_to", b"/support/tickets?altered")))


@sound(given={"simple.profile": "md5"})
def profile_md5(login: RemoteLogin) -> RemoteLogin:
    """The portal is set to the oldest profile: a plain MD5 without timestamp."""
    return login


@sound(given={"simple.profile": "hmac-md5-salted"})
def profile_salted(login: RemoteLogin) -> RemoteLogin:
    """The portal is set to the latest profile, which has the secret inside the message as well."""
    return login
