"""Texts that two readers read differently: a comment inside them."""

import attrs
from lxml import etree

from idp_sim.catalogue import breaks
from idp_sim.login import BASES
from idp_sim.saml.names import NAMESPACES
from idp_sim.stages import Draft


@breaks(
    "saml.signature.only-signed-is-read",
    bases=BASES,
    cves=("CVE-2017-11427", "CVE-2017-11428", "CVE-2017-11429", "CVE-2017-11430", "CVE-2018-0489"),
)
def comment_in_name_id(draft: Draft) -> Draft:
    """A comment stands before the last letter of the NameID: it must be read whole, or refused.

    A signature does not cover comments. Who reads a text only up to the comment signs in another person, whose address
    is shorter: that one is the forged identity here.
    """
    email = draft.login.person.email
    for name_id in draft.response.findall(".//saml:NameID", NAMESPACES):
        name_id.text = email[:-1]
        comment = etree.Comment(" ")
        comment.tail = email[-1:]
        name_id.append(comment)
    return attrs.evolve(draft, login=draft.login.but(forged=attrs.evolve(draft.login.forged, email=email[:-1])))
