#!/bin/sh
# Apache httpd with mod_auth_mellon, in the foreground. What it writes or reads as www-data lies below LAB_STATE.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cp -R "$here/pages" "$LAB_STATE/"
cp "$LAB_IDP_METADATA" "$LAB_STATE/idp-metadata.xml"
[ -e "$LAB_STATE/sp.key" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=mellon.localhost" \
    -keyout "$LAB_STATE/sp.key" -out "$LAB_STATE/sp.pem" 2>/dev/null
[ "$(id -u)" != 0 ] || chown -R www-data: "$LAB_STATE"
: > "$LAB_STATE/error.log"
exec /usr/sbin/apache2 -f "$here/httpd.conf" -D FOREGROUND
