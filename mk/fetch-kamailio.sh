#!/bin/sh
# Fetch and configure the source of Debian's Kamailio VERSION into DEST.
#   fetch-kamailio.sh VERSION DEST
# apt works in a directory of its own (sources, lists, downloads): the
# system's source lists are neither read for this nor changed.
set -eu
version=$1 dest=$2
[ ! -f "$dest/src/config.mak" ] || exit 0

die()
{
	echo "tls-edge: $*" >&2
	exit 1
}

# "kamailio | 5.6.3-2 | URI SUITE/COMPONENT ARCH Packages"
package=$(dpkg-query -W -f '${Version}' kamailio 2>/dev/null || :)
case $package in
"$version"*) ;;
*) package=$version ;;
esac
origin=$(apt-cache madison kamailio |
	awk -v v="$package" -F ' *\\| *' 'index($2, v) == 1 {print $3; exit}')
[ -n "$origin" ] || die "apt does not know where Kamailio $version came" \
	"from: run 'apt-get update', or set KAMAILIO_SRC=DIR to its source"
uri=${origin%% *}
rest=${origin#* }
suite=${rest%%/*}

echo "tls-edge: fetching the source of Kamailio $version"
mkdir -p "$(dirname "$dest")"
work=$(mktemp -d "$(cd "$(dirname "$dest")" && pwd)/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ ! -f "$keyring" ] || signed="[signed-by=$keyring] "
echo "deb-src $signed$uri $suite main" >"$work/sources.list"
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "$(id -un)";
EOF
export APT_CONFIG="$work/apt.conf"

apt-get -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 ||
	{ cat "$work/log" >&2; die "apt-get update failed for $uri $suite"; }
# The mirrors miss a detached upstream signature now and then; the files
# themselves are covered by the checksums in the signed index.
(cd "$work" && apt-get source --download-only kamailio) >>"$work/log" 2>&1 || :

orig=$(find "$work" -name "kamailio_$version.orig.tar.*" ! -name '*.asc')
debian=$(find "$work" -name "kamailio_$version*.debian.tar.*")
[ -n "$orig" ] && [ -n "$debian" ] ||
	{ cat "$work/log" >&2; die "no source of Kamailio $version at $uri"; }

mkdir "$work/tree"
tar -xf "$orig" -C "$work/tree" --strip-components=1
tar -xf "$debian" -C "$work/tree"
sed '/^#/d; /^$/d' "$work/tree/debian/patches/series" |
	while read -r patch; do
		patch -s -d "$work/tree" -p1 <"$work/tree/debian/patches/$patch"
	done
make -C "$work/tree/src" cfg >>"$work/log" 2>&1 ||
	{ tail "$work/log" >&2; die "Kamailio's 'make cfg' failed"; }
rm -rf "$dest"
mv "$work/tree" "$dest"
