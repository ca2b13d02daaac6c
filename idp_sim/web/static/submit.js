// Called on the prototype, because a field named "submit" would hide the form's own method.
HTMLFormElement.prototype.submit.call(document.getElementById("saml-form"));
