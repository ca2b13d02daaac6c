#!/bin/sh
# SimpleSAMLphp, served by PHP itself, in the foreground.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$LAB_STATE/tmp" "$LAB_STATE/sessions"
[ -e "$LAB_STATE/idp.key" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
    -subj "/CN=idp-simplesamlphp.localhost" -keyout "$LAB_STATE/idp.key" -out "$LAB_STATE/idp.pem" 2>/dev/null
[ -e "$LAB_STATE/salt" ] || openssl rand -hex 32 > "$LAB_STATE/salt"
export SIMPLESAMLPHP_CONFIG_DIR="$here/config"
exec php -q -d post_max_size=1M -d session.save_path="$LAB_STATE/sessions" -d auto_prepend_file="$here/cookies.php" \
    -S "127.0.0.1:$LAB_PORT" -t /usr/share/simplesamlphp/www
