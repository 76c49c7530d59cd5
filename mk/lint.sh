#!/bin/sh
# All checks, then one verdict.
#   lint.sh XML_CFLAGS PURE_SOURCE...
set -u
xml_cflags=$1
shift
cd "$(dirname "$0")/.." || exit
failed=0

check()
{
	title=$1
	shift
	if out=$("$@" 2>&1) && [ -z "$out" ]; then
		printf '%-48s ok\n' "$title"
	else
		printf '%-48s FAILED\n%s\n' "$title" "$out"
		failed=$((failed + 1))
	fi
}

format()
{
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
}

# A pure unit includes no header of Kamailio's.
purity()
{
	grep -nE '#include "(\.\./)+(core|modules|tls)/' "$@" || :
}

strict()
{
	for source in "$@"; do
		clang -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wconversion \
			-Wshadow -Werror -fsyntax-only $xml_cflags "$source"
	done
}

sizes()
{
	git ls-files 'modules/*.c' 'tools/*.c' | xargs wc -l |
		awk '$2 != "total" && $1 > 400 {print $2 ": " $1 " lines, 400 at most"}'
	git ls-files 'modules/*.c' 'tools/*.c' |
		xargs ctags -x --c-kinds=f --fields=+ne --_xformat='%{end} %n %N %F' |
		awk '$1 - $2 + 1 > 60 {print $4 ": " $3 "() has " $1 - $2 + 1 \
			" lines, 60 at most"}'
}

schema()
{
	xmllint --noout --nonet --relaxng modules/sdes_policy/policy.rng \
		cfg/sdes-policy.xml 2>&1 | grep -v ' validates$' || :
}

shells()
{
	git ls-files | while read -r file; do
		case $(head -c 10 "$file" 2>/dev/null | tr -d '\0') in
		'#!/bin/sh'*) shellcheck -S warning -s sh -e SC3013 "$file" ;;
		esac
	done
}

pythons()
{
	git ls-files '*.py' | xargs python3 -m pyflakes
	git ls-files '*.py' | xargs python3 -m pycodestyle --max-line-length=79
}

marks()
{
	git grep -nIwE 'TODO|FIXME|XXX|not implemented' -- '*.c' '*.h' '*.py' \
		'*.sh' '*.cfg' '*.mk' Makefile ':!mk/lint.sh' || :
}

PATH=/usr/bin:$PATH
check 'C is formatted (make fmt)' format
check 'pure units know no Kamailio header' purity "$@"
check 'pure units compile strictly with clang' strict "$@"
check 'files and functions are short' sizes
check 'the shipped policy fits its schema' schema
check 'shell scripts (shellcheck)' shells
check 'Python (pyflakes, pycodestyle)' pythons
check 'nothing is left undone' marks
check 'RFC clauses: who obeys, what proves it' python3 mk/coverage.py --check
[ "$failed" = 0 ] || { echo "lint: $failed checks failed"; exit 1; }
echo 'lint: all passed'
