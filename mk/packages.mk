# Debian packages, by what needs them.  mk/packages.sh installs what is
# missing (root) or says exactly what to install.

PACKAGES_build := kamailio kamailio-tls-modules gcc make libc6-dev libssl-dev \
	libxml2-dev libidn2-dev dpkg-dev patch flex bison pkg-config
PACKAGES_install := $(PACKAGES_build) rtpengine-daemon openssl
PACKAGES_run := $(PACKAGES_install) baresip-core mmdebstrap iproute2 nftables tcpdump util-linux python3 python3-cryptography procps
PACKAGES_test := $(PACKAGES_run) python3-pytest libcmocka-dev clang \
	libxml2-utils kamailio-lua-modules
PACKAGES_lint := $(PACKAGES_build) clang-format clang shellcheck \
	python3-pyflakes python3-pycodestyle \
	universal-ctags python3 libxml2-utils
PACKAGES_valgrind := $(PACKAGES_test) valgrind
PACKAGES_bench := $(PACKAGES_valgrind)

.PHONY: packages-%
packages-%:
	@mk/packages.sh $(PACKAGES_$*)
