#!/bin/sh
# Put the modules where this machine's Kamailio looks for modules.
#   install.sh BUILD DESTDIR KAMAILIO_BIN
set -eu
[ -n "$2" ] || [ "$(id -u)" = 0 ] ||
	{ echo "tls-edge: make install needs root, or DESTDIR=DIR" >&2; exit 1; }
build=$1 destdir=$2 kamailio=$3

directory=$("$kamailio" -h |
	sed -n 's/.*search path (default: \(.*\))$/\1/p' | sed 's/:.*//')
[ -n "$directory" ] ||
	{ echo "tls-edge: $kamailio does not say where its modules are" >&2
	exit 1; }
install -d "$destdir$directory"
install -vm 644 "$build"/modules/*.so "$destdir$directory"
