"""Pages for what cannot be answered: each says what is wrong in a sentence."""

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

_SENTENCES = {
    400: "The portal could not understand what was sent.",
    403: "You may not see this page.",
    404: "There is no such page on this portal.",
    405: "This page does not take that kind of request.",
    413: "What was sent is larger than the 2 MiB that this portal takes.",
    500: "The portal made a mistake of its own. Its log says which.",
}


def install(app: Flask) -> None:
    """Answer every error with a page of the portal's own."""
    app.register_error_handler(HTTPException, _page)


def _page(error: HTTPException) -> Response:
    own_words = error.description if error.description != type(error).description else None
    sentence = own_words or _SENTENCES.get(error.code or 500, error.description or "")
    if error.code == 405 and request.path == "/login/saml":
        sentence = "A SAML Response is sent here by HTTP-POST. The HTTP-Redirect binding is not for Responses."
    answer = error.get_response()
    response = make_response(render_template("error.html", title=error.name, sentence=sentence), error.code or 500)
    if "Allow" in answer.headers:
        response.headers["Allow"] = answer.headers["Allow"]
    return response
