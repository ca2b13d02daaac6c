"""Write nanoidp's configuration and become it."""

import json
import os
import secrets
import sys
from pathlib import Path

import yaml

STATE, BASE_URL = Path(os.environ["LAB_STATE"]), os.environ["LAB_BASE_URL"]
PEOPLE = json.loads(Path(os.environ["LAB_PEOPLE"]).read_text("utf-8"))

SETTINGS = {
    "config_version": 1,
    "server": {"host": "127.0.0.1", "port": int(os.environ["LAB_PORT"])},
    "oauth": {"issuer": BASE_URL, "audience": os.environ["LAB_SP_ENTITY_ID"]},
    "saml": {
        "default_acs_url": os.environ["LAB_SP_ACS_URL"],
        "want_authn_requests_signed": True,
        "sp_certificates": [os.environ["LAB_SP_CERT"]],
        "strict_binding": True,
    },
    "jwt": {"keys_dir": str(STATE / "keys")},
    "session": {"secret_key": secrets.token_hex()},
}
USERS = {
    "config_version": 1,
    "users": {
        person["user"]: {
            "password": person["password"],
            "email": person["email"],
            "attributes": {"FirstName": person["first_name"], "LastName": person["last_name"]},
        }
        for person in PEOPLE
    },
}

for name, content in (("settings", SETTINGS), ("users", USERS)):
    (STATE / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
program = Path(sys.executable).with_name("nanoidp")
os.execv(program, [str(program), "--config", str(STATE), "--strict-config"])  # noqa: S606 - the product of this harness
