"""The site's settings, after djangosaml2's documentation."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

BASE_URL = os.environ["LAB_BASE_URL"]
STATE = Path(os.environ["LAB_STATE"])
KEY, CERTIFICATE = str(STATE / "sp.key"), str(STATE / "sp.pem")

SECRET_KEY = secrets.token_hex()
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname]
ROOT_URLCONF = "portal"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "djangosaml2",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "djangosaml2.middleware.SamlSessionMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [Path(__file__).parent / "templates"],
}]  # fmt: skip
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": STATE / "site.sqlite"}}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
SESSION_COOKIE_SECURE = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

AUTHENTICATION_BACKENDS = ["portal.Backend"]
LOGIN_URL = "/saml2/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/signed-out"
SAML_USE_NAME_ID_AS_USERNAME = True
SAML_CREATE_UNKNOWN_USER = True
SAML_ATTRIBUTE_MAPPING: dict[str, tuple[str, ...]] = {}
SAML_DEFAULT_BINDING = BINDING_HTTP_REDIRECT
SAML_LOGOUT_REQUEST_PREFERRED_BINDING = BINDING_HTTP_REDIRECT
SAML_CSP_HANDLER = ""
SAML_CONFIG = {
    "entityid": f"{BASE_URL}/saml2/metadata/",
    "xmlsec_binary": "/usr/bin/xmlsec1",
    "key_file": KEY,
    "cert_file": CERTIFICATE,
    "encryption_keypairs": [{"key_file": KEY, "cert_file": CERTIFICATE}],
    "metadata": {"local": [os.environ["LAB_IDP_METADATA"]]},
    "accepted_time_diff": 60,
    "allow_unknown_attributes": True,
    "signing_algorithm": SIG_RSA_SHA256,
    "digest_algorithm": DIGEST_SHA256,
    "service": {
        "sp": {
            "endpoints": {
                "assertion_consumer_service": [(f"{BASE_URL}/saml2/acs/", BINDING_HTTP_POST)],
                "single_logout_service": [
                    (f"{BASE_URL}/saml2/ls/", BINDING_HTTP_REDIRECT),
                    (f"{BASE_URL}/saml2/ls/", BINDING_HTTP_POST),
                ],
            },
            "name_id_format": [saml.NAMEID_FORMAT_EMAILADDRESS],
            "allow_unsolicited": False,
            "want_response_signed": False,
            "want_assertions_signed": False,
            "want_assertions_or_response_signed": True,
            "authn_requests_signed": True,
            "logout_requests_signed": True,
            "logout_responses_signed": True,
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
        }
    },
}
