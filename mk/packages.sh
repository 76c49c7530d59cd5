#!/bin/sh
# Install those of the named Debian packages that are missing.
# As root: with apt, and without starting their services.  Otherwise: say
# exactly what to install, and stop.
set -eu

missing=
for package in "$@"; do
	state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "tls-edge: these packages are missing; install them as root:" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

# A freshly installed Kamailio or rtpengine must not start listening with its
# packaged configuration: Debian's policy-rc.d is the switch for that.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi

log=$(mktemp)
echo "tls-edge: installing$missing"
echo "tls-edge: (half a minute, the first time)"
export DEBIAN_FRONTEND=noninteractive
if apt-get update >"$log" 2>&1 &&
	apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
	rm -f "$log"
	# what came only for a try must not start with the machine, either
	"$(dirname "$0")/services.sh" disable $missing
else
	tail -n 20 "$log" >&2
	echo "tls-edge: apt-get failed; the whole log is $log" >&2
	exit 1
fi
