#!/bin/sh
# Make the secret that signs flow tokens, readable by Kamailio's group alone.
#   install-key.sh FILE
# The service runs as a user who may not write where its settings are, so
# edge-start cannot make it there.
set -eu
file=$1
[ ! -e "$file" ] || exit 0

(umask 077 && openssl rand -hex 32 >"$file")
if getent group kamailio >/dev/null; then
	chgrp kamailio "$file"
	chmod 640 "$file"
fi
echo "made $file"
