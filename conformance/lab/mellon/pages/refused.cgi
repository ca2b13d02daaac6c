#!/bin/sh
# The page of a refusal: what the log says of this request, whose body is read and left aside.
cat > /dev/null
reason=$(tail -n 200 "$LAB_STATE/error.log" | sed -n "s/^$REDIRECT_UNIQUE_ID //p" \
    | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g')
cat <<PAGE
Status: 403 Forbidden
Content-Type: text/html; charset=utf-8

<!DOCTYPE html>
<html lang="en">
<title>Login refused</title>
<p id="login-error">$REDIRECT_STATUS $reason</p>
</html>
PAGE
