#!/bin/sh
# Should the edge's services start with this machine?
#   services.sh enable
#   services.sh disable PACKAGE...   those of these packages
# apt enables what it installs.  A try-out must not leave a Kamailio that
# takes port 5060 after the next reboot; make install wants it.
set -eu
action=$1
shift
command -v systemctl >/dev/null || exit 0
[ "$action" = disable ] || set -- kamailio rtpengine-daemon

for package in "$@"; do
	case $package in
	kamailio | rtpengine-daemon)
		systemctl --quiet "$action" "$package" 2>/dev/null || : ;;
	esac
done
