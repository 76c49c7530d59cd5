#!/bin/sh
# Would KAMAILIO load MODULE.so?  Kamailio compares its version and compile
# flags with the module's, letter by letter: so do we, before it does.
#   check-abi.sh KAMAILIO MODULE.so
set -eu
kamailio=$1 module=$2

report=$("$kamailio" -v)
version=$(echo "$report" | sed -n 's/^version: \(kamailio [^ ]*\).*/\1/p')
# 6.1 names flags of its allocators that no module has
flags=$(echo "$report" | sed -n 's/^flags: //p' |
	sed 's/, DBG_\(QM\|F\|TLSF\)_MALLOC//g')
for want in "$version" "$flags"; do
	if ! grep -aqF "$want" "$module"; then
		echo "tls-edge: $module does not fit $kamailio." >&2
		echo "  $kamailio says: $want" >&2
		echo "  the module says otherwise: it was built against another" \
			"version or with other compile flags." >&2
		echo "  Run 'make clean' and build again, with KAMAILIO_SRC=DIR if" \
			"this Kamailio is not Debian's." >&2
		exit 1
	fi
done
