#!/bin/sh
# Run tests with a Kamailio under which no fault in our modules goes unseen.
#   checked.sh asan|valgrind BUILD KAMAILIO_BIN MODULES PYTEST-ARGUMENT...
# asan      the modules are built with AddressSanitizer and
#           UndefinedBehaviorSanitizer, Kamailio is the stock one
# valgrind  the modules of BUILD/modules, all of Kamailio under memcheck
# The tests find a kamailio of ours first in their PATH, and the modules where
# they always are: they know nothing of this. mk/findings.py is the judge.
set -eu
kind=$1 build=$2 kamailio=$3 modules=$4
shift 4
cd "$(dirname "$0")/.."
build=$(realpath "$build")
where=$build/$kind
kamailio=$(command -v "$kamailio")
reports=$where/reports
rm -rf "$reports" "${where:?}/bin" "$where"/cfg.*
mkdir -p "$reports" "$where/bin" "$where/modules"

asan()
{
	ln -sfn ../src "$where/src"
	# shellcheck disable=SC2086 # words
	CC_OPT="-O1 -fno-omit-frame-pointer -fsanitize=address,undefined" \
		mk/build.sh "$where" "$kamailio" "" $modules >&2
	cat <<EOT
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) \
$(gcc -print-file-name=libubsan.so)"
export ASAN_OPTIONS=log_path=$reports/asan:detect_leaks=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
exec $kamailio "\$@"
EOT
}

memcheck()
{
	export LAB_PATIENCE=10
	cp "$build"/modules/*.so "$where/modules/"
	cat <<EOT
exec valgrind --tool=memcheck --log-file=$reports/valgrind.%p \
	--num-callers=30 --fullpath-after= --leak-check=no --error-limit=no \
	--track-origins=yes $kamailio "\$@"
EOT
}

# What is still allocated when Kamailio ends, by module and function: the
# configuration is the test's own, with two lines before it.
cat >"$where/bin/kamailio" <<EOT
#!/bin/sh
set -eu
top=$where/cfg.\$\$
EOT
cat >>"$where/bin/kamailio" <<'EOT'
n=$#
while [ "$n" -gt 0 ]; do
	word=$1
	shift
	if [ "${previous-}" = -f ] && [ -f "$word" ]; then
		printf '#!KAMAILIO\nmem_summary=12\nmemlog=1\ninclude_file "%s"\n' \
			"$(realpath "$word")" >"$top"
		word=$top
	fi
	set -- "$@" "$word"
	previous=$word
	n=$((n - 1))
done
EOT
case $kind in
asan) asan ;;
valgrind) memcheck ;;
*) echo "checked.sh: asan or valgrind, not '$kind'" >&2; exit 2 ;;
esac >"$where/command"
cat "$where/command" >>"$where/bin/kamailio"
chmod +x "$where/bin/kamailio"

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' INT TERM
status=0
export PATH="$where/bin:$PATH"
export LAB_ONLY_HERE=1 # not the Kamailio of Debian 13, which knows no valgrind
# a mount namespace of our own: nothing stays mounted, whatever happens
mkdir -p "$temporary/run" "$build/run"
unshare --mount --propagation private sh -euc '
	mount --bind "$1/modules" "$2/modules"
	mount --bind "$3/run" "$2/run"
	temporary=$3
	shift 3
	exec test/run "$@" --basetemp="$temporary/tests"
' sh "$where" "$build" "$temporary" "$@" || status=$?
# pytest: 0 all passed, 1 some failed, anything else: it ran none
if [ "$status" -gt 1 ]; then
	echo "checked.sh: no test was run" >&2
	exit "$status"
fi
/usr/bin/python3 mk/findings.py "$reports" "$temporary" || status=1
exit "$status"
