#!/bin/sh
# Build the modules named after the first three arguments.
#   build.sh BUILD KAMAILIO_BIN KAMAILIO_SRC MODULE...
# BUILD         where everything goes (build)
# KAMAILIO_BIN  the kamailio the modules are for; "none" skips the check
#               that it is the one the sources belong to
# KAMAILIO_SRC  a Kamailio source tree, or empty: fetch the right one
set -eu
build=$1 binary=$2 source=$3
shift 3
here=$(dirname "$0")

die()
{
	echo "tls-edge: $*" >&2
	exit 1
}

installed_version()
{
	[ "$binary" != none ] || return 0
	"$binary" -v | sed -n 's/^version: kamailio \([^ ]*\).*/\1/p'
}

# VERSION, PATCHLEVEL, SUBLEVEL and EXTRAVERSION of a source tree
tree_version()
{
	sed -n 's/^\t*\(VERSION\|PATCHLEVEL\|SUBLEVEL\|EXTRAVERSION\) *= *//p' \
		"$1/Makefile.defs" | tr -d ' \t' | head -n 4 |
		paste -sd' ' | sed 's/ /./; s/ /./; s/ //'
}

installed=$(installed_version)
if [ -z "$source" ]; then
	[ -n "$installed" ] || die "'$binary' is no Kamailio: install it, or" \
		"name a source tree with KAMAILIO_SRC=DIR"
	source=$build/src/kamailio-$installed
	"$here/fetch-kamailio.sh" "$installed" "$source"
fi
[ ! -d "$source/src/core" ] || source=$source/src
[ -f "$source/Makefile.modules" ] ||
	die "KAMAILIO_SRC=$source is no Kamailio source tree"
[ -f "$source/config.mak" ] || die "$source is not configured:" \
	"run 'make -C $source cfg' there first"

version=$(tree_version "$source")
[ -z "$installed" ] || [ "$version" = "$installed" ] ||
	die "the headers in $source are those of Kamailio $version, but" \
		"$binary is $installed and would refuse the modules." \
		"Name the tree of $installed with KAMAILIO_SRC=DIR, or unset it" \
		"to have that tree fetched"

farm=$build/farm-$version
"$here/farm.sh" "$source" "$farm" "$@"
mkdir -p "$build/modules"
for module in "$@"; do
	# a configured tree does not keep CC_OPT: without it nothing is optimised
	make --no-print-directory -s -C "$farm/modules/$module" \
		CC_OPT="${CC_OPT:--O2}"
	[ -z "$installed" ] ||
		"$here/check-abi.sh" "$binary" "$farm/modules/$module/$module.so"
	cmp -s "$farm/modules/$module/$module.so" "$build/modules/$module.so" ||
		install -m 644 "$farm/modules/$module/$module.so" "$build/modules/"
done
