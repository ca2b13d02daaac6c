#!/bin/sh
# What shibd's log says of the message that it was given last, unless it has begun a login since.
echo "Content-Type: text/plain; charset=utf-8
"
tail -n 100 ../shibd.log | awk '
    /Listener: dispatching message \(.*SessionCache\)/ { ours = 0; next }
    /Listener: dispatching message/ { ours = /\(default\/(SAML2|SLO)/; reason = ""; next }
    ours { sub(/^(\[[^]]*\] )*/, ""); reason = reason " " $0 }
    END { print reason }' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
