#!/bin/sh
# The portal, served by PHP itself, in the foreground.
exec php -q -S "127.0.0.1:$LAB_PORT" "$(dirname "$0")/portal.php"
