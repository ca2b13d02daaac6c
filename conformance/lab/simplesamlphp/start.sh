#!/bin/sh
# SimpleSAMLphp and the site that uses it, served by PHP itself, in the foreground.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$LAB_STATE/tmp"
[ -e "$LAB_STATE/sp.key" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=simplesamlphp.localhost" \
    -keyout "$LAB_STATE/sp.key" -out "$LAB_STATE/sp.pem" 2>/dev/null
[ -e "$LAB_STATE/salt" ] || openssl rand -hex 32 > "$LAB_STATE/salt"
export SIMPLESAMLPHP_CONFIG_DIR="$here/config"
exec php -q -d post_max_size=1M -S "127.0.0.1:$LAB_PORT" "$here/site.php"
