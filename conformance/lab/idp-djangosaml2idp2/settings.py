"""The identity provider's settings, after djangosaml2idp's documentation."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

BASE_URL = os.environ["LAB_BASE_URL"]
STATE = Path(os.environ["LAB_STATE"])
KEY, CERTIFICATE = str(STATE / "idp.key"), str(STATE / "idp.pem")

SECRET_KEY = secrets.token_hex()
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname]
ROOT_URLCONF = "pages"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "djangosaml2idp",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [Path(__file__).parent / "templates"],
    "APP_DIRS": True,
}]  # fmt: skip
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": STATE / "site.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "None"
LOGIN_URL = "/login/"

SAML_IDP_FALLBACK_EXPIRATION_DAYS = 30
SAML_AUTHN_SIGN_ALG = SIG_RSA_SHA256
SAML_AUTHN_DIGEST_ALG = DIGEST_SHA256
SAML_IDP_CONFIG = {
    "entityid": f"{BASE_URL}/idp/metadata/",
    "xmlsec_binary": "/usr/bin/xmlsec1",
    "key_file": KEY,
    "cert_file": CERTIFICATE,
    "service": {
        "idp": {
            "name": "djangosaml2idp2",
            "endpoints": {
                "single_sign_on_service": [
                    (f"{BASE_URL}/idp/sso/post/", BINDING_HTTP_POST),
                    (f"{BASE_URL}/idp/sso/redirect/", BINDING_HTTP_REDIRECT),
                ],
                "single_logout_service": [
                    (f"{BASE_URL}/idp/slo/post/", BINDING_HTTP_POST),
                    (f"{BASE_URL}/idp/slo/redirect/", BINDING_HTTP_REDIRECT),
                ],
            },
            "name_id_format": [
                saml.NAMEID_FORMAT_EMAILADDRESS,
                saml.NAMEID_FORMAT_UNSPECIFIED,
                saml.NAMEID_FORMAT_PERSISTENT,
            ],
            "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": saml.NAME_FORMAT_BASIC}},
            "sign_response": True,
            "sign_assertion": True,
            "want_authn_requests_signed": False,
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
        }
    },
}
