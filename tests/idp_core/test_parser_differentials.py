"""Messages that two parsers read in two ways are for some parser whole, whoever they name."""

from idp_sim.scenarios.saml.parser_differentials import ENCODINGS


def test_a_message_in_utf_7_can_be_read_whatever_the_name() -> None:
    xml = '<?xml version="1.0"?><name>山田 Müller + one@example.com</name>'
    declared, _, rest = ENCODINGS["utf-7"](xml.encode()).decode("ascii").partition("?>")
    assert "UTF-7" in declared
    assert "@" not in rest
    assert rest.encode("ascii").decode("utf-7") == xml
