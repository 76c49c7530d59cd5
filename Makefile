# tls-edge: a TLS/SRTP edge for existing PBXs.  `make help` lists the targets.
#
#   make run                    a real secure call through the edge (root)
#   make test                   every test, with its own set-up (root)
#   KAMAILIO_SRC=DIR make build build against another Kamailio source tree

BUILD ?= build
PYTHON ?= /usr/bin/python3
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

include mk/packages.mk
include mk/kamailio.mk
include mk/pure.mk
include mk/run.mk
include mk/test.mk
include mk/sanitize.mk
include mk/bench.mk
include mk/coverage.mk
include mk/lint.mk
include mk/install.mk

.PHONY: help
help: ## list the targets
	@printf 'tls-edge, a TLS/SRTP edge in front of an existing PBX.\n\n'
	@awk -F ':.*## ' '/^[a-z0-9_-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)
	@printf '\nVariables: PBX=asterisk|chan_sip|ADDR[:PORT], ONCE=1 (run);\n'
	@printf '  KAMAILIO_SRC=DIR (build), BUILD=DIR (default: build),\n'
	@printf '  DESTDIR=DIR (install), T="-k WORD" (test).\n'

.PHONY: clean
clean: ## delete what was built (FETCHED=1: what was fetched, too)
	rm -rf $(BUILD)/farm-* $(BUILD)/modules $(BUILD)/pure $(BUILD)/tools \
		$(BUILD)/san $(BUILD)/unit $(BUILD)/fuzz $(BUILD)/libfuzzer \
		$(BUILD)/load $(BUILD)/bench $(BUILD)/asan $(BUILD)/valgrind \
		$(BUILD)/run $(BUILD)/debian13/farm-* \
		$(BUILD)/debian13/modules
	$(if $(FETCHED),rm -rf $(BUILD))
