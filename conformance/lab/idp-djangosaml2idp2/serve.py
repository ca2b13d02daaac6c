"""Make the key, the database, the people and the portal, and serve the identity provider."""

import json
import os
import subprocess
from pathlib import Path

import django
import settings
import waitress
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


def fill() -> None:
    """Enter the people who can sign in, and the portal."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - needs Django set up
    from djangosaml2idp.models import ServiceProvider  # noqa: PLC0415

    for person in json.loads(Path(os.environ["LAB_PEOPLE"]).read_text("utf-8")):
        get_user_model().objects.create_user(
            person["user"], person["email"], person["password"],
            first_name=person["first_name"], last_name=person["last_name"],
        )  # fmt: skip
    ServiceProvider.objects.create(
        entity_id=os.environ["LAB_SP_ENTITY_ID"],
        local_metadata=Path(os.environ["LAB_SP_METADATA"]).read_text("utf-8"),
        _nameid_field="email",
        _attribute_mapping=json.dumps({"first_name": "FirstName", "last_name": "LastName"}),
        _sign_response=True,
        _sign_assertion=True,
    )


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=idp-djangosaml2idp2.localhost"
    files = ("-keyout", settings.KEY, "-out", settings.CERTIFICATE)
    subprocess.run([*command.split(), *files], check=True, capture_output=True)  # noqa: S603 - fixed
    django.setup()
    call_command("migrate", verbosity=0)
    fill()
    waitress.serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["LAB_PORT"]), threads=8)
