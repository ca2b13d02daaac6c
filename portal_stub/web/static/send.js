document.getElementById("saml-request").submit();
