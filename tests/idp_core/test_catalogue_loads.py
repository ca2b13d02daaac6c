"""How functions become scenarios, and what fails at import."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from idp_sim.catalogue import Scenario, load
from rulebook import UnknownRule

HEAD = """from idp_sim.catalogue import breaks, sound
from idp_sim.login import SamlLogin
from idp_sim.stages import Form
"""


def scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> tuple[Scenario, ...]:
    topic = tmp_path / "saml"
    topic.mkdir()
    (topic / "__init__.py").write_text("")
    (topic / "odd_times.py").write_text(HEAD + source)
    package = ModuleType(f"package_{tmp_path.name}")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, package.__name__, package)
    return load(package)


def test_one_function_in_one_file_is_a_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        '@breaks("saml.conditions.audience", variants={"a": 1, "b": 2})\n'
        'def not_for_us(login: SamlLogin, value: int) -> SamlLogin:\n    """Number {variant}."""\n    return login\n'
        '@sound\ndef well(form: Form) -> Form:\n    """All is\n    well.\n\n    More."""\n    return form\n'
    )
    first, second, third = scenarios(tmp_path, monkeypatch, source)
    assert (first.id, second.id) == ("saml.odd-times.not-for-us[a]", "saml.odd-times.not-for-us[b]")
    assert (first.title, first.stage, first.outcome, first.value) == ("Number a.", "plan", "must-refuse", 1)
    assert (third.id, third.title, third.stage, third.outcome) == (
        "saml.odd-times.well", "All is well.", "wire", "must-accept",
    )  # fmt: skip
    assert (third.topic, third.protocol) == ("saml.odd-times", "saml")


BAD = {
    "no-docstring": ("@sound\ndef a(login: SamlLogin) -> SamlLogin:\n    return login\n", TypeError, "no docstring"),
    "no-type": ('@sound\ndef a(login):\n    """A."""\n', TypeError, "no type that is a stage"),
    "no-parameter": ('@sound\ndef a() -> None:\n    """A."""\n', TypeError, "no type that is a stage"),
    "rule": (
        '@breaks("saml.conditions.audiance")\ndef a(login: SamlLogin) -> None:\n    """A."""\n',
        UnknownRule,
        "audience",
    ),
    "no-reason": (
        '@breaks("saml.conditions.audience", also="saml.time.format")\ndef a(login: SamlLogin) -> None:\n    """."""\n',
        ValueError,
        "go together",
    ),
}


@pytest.mark.parametrize(("source", "error", "said"), BAD.values(), ids=BAD)
def test_a_bad_scenario_fails_at_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        scenarios(tmp_path, monkeypatch, source)
