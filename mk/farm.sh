#!/bin/sh
# Lay out SOURCE (a Kamailio src directory) and our modules as one tree of
# links, so that Kamailio's makefiles find everything where they expect it
# and every object file lands in the farm: neither tree is written to.
#   farm.sh SOURCE FARM MODULE...
set -eu
source=$(cd "$1" && pwd) farm=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)

mkdir -p "$farm/modules"
farm=$(cd "$farm" && pwd)
for entry in "$source"/Makefile* "$source/config.mak" "$source/core" \
	"$source/lib"; do
	[ "$farm/${entry##*/}" -ef "$entry" ] || ln -sfn "$entry" "$farm/"
done
for stock in tls tm; do
	[ "$farm/modules/$stock" -ef "$source/modules/$stock" ] ||
		ln -sfn "$source/modules/$stock" "$farm/modules/$stock"
done

for module in "$@"; do
	mkdir -p "$farm/modules/$module"
	for file in "$root/modules/$module"/*; do
		link=$farm/modules/$module/${file##*/}
		[ "$link" -ef "$file" ] || ln -sfn "$file" "$link"
	done
	# a file that was removed must not live on as a dead link and its object
	find "$farm/modules/$module" -xtype l | while read -r link; do
		rm -f "$link" "${link%.c}.o" "${link%.c}.d"
	done
done
