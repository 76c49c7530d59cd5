# The modules, built out of tree with Kamailio's own makefiles against the
# source of the very version installed (or KAMAILIO_SRC=DIR).

MODULES := cert_match tls_reuse sdes_policy
KAMAILIO_BIN ?= kamailio

.PHONY: build
build: packages-build ## the three modules, into build/modules
	@mk/build.sh "$(BUILD)" "$(KAMAILIO_BIN)" "$(KAMAILIO_SRC)" $(MODULES)

.PHONY: debian13
debian13: packages-test ## the modules for Debian 13's Kamailio, in a root of it
	@mk/debian13.sh "$(BUILD)"
