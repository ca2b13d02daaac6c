"""The addresses: the product's, and Django's own login form."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("idp/", include("djangosaml2idp.urls", namespace="djangosaml2idp")),
    path("login/", LoginView.as_view()),
]
