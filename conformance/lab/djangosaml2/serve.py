"""Make the key and the database, and serve the site."""

import os
import subprocess

import django
import settings
import waitress
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=djangosaml2.localhost"
    files = ("-keyout", settings.KEY, "-out", settings.CERTIFICATE)
    subprocess.run([*command.split(), *files], check=True, capture_output=True)  # noqa: S603 - fixed
    django.setup()
    call_command("migrate", verbosity=0)
    waitress.serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["LAB_PORT"]), threads=8)
