#!/bin/sh
# Build the modules for Debian 13's Kamailio, in a root of Debian 13.
#   debian13.sh BUILD
# The result is BUILD/debian13/modules; the lab starts an edge from that root
# with Lab(edge_root=...).
set -eu
cd "$(dirname "$0")/.."
build=$1
project=$PWD
root=$project/$build/roots/kamailio6

export PYTHONPATH=test
/usr/bin/python3 -m lab.roots kamailio6
for file in resolv.conf hosts; do
	cp -L "/etc/$file" "$root/etc/$file"
done
mkdir -p "$root$project"
# a mount namespace of our own: nothing stays mounted, whatever happens
exec unshare --mount --propagation private sh -euc '
	root=$1 project=$2 build=$3
	mount --bind "$project" "$root$project"
	mount --bind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	exec chroot "$root" sh -euc "
		cd \"\$1\"
		ls /var/lib/apt/lists/*_Packages >/dev/null 2>&1 ||
			apt-get update -qq
		exec make --no-print-directory build BUILD=\"\$2/debian13\"
	" sh "$project" "$build"
' sh "$root" "$project" "$build"
