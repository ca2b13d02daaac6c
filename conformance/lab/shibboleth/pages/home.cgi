#!/bin/sh
# The page that shows who is signed in: the first value of each attribute that the module has put into the environment.
first() { printf %s "${1%%|*}" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

if [ -n "$email" ]; then
    shown="<p>You are <span id=\"person-email\">$(first "$email")</span>"
    [ -z "$first_name$last_name" ] ||
        shown="$shown, <span id=\"person-name\">$(first "$first_name") $(first "$last_name")</span>"
    shown="$shown.</p><form action=\"/Shibboleth.sso/Logout\"><button id=\"log-out\">Log out</button></form>"
elif [ -n "$Shib_Session_ID" ]; then
    shown='<p id="login-error">The login gave no e-mail address.</p>'
else
    shown='<p>Nobody is signed in. <a href="/login">Log in</a></p>'
fi
cat <<PAGE
Content-Type: text/html; charset=utf-8

<!DOCTYPE html>
<html lang="en">
<title>A site behind the Shibboleth SP</title>
<h1>A site behind the Shibboleth SP</h1>
$shown
</html>
PAGE
