# Kamailio itself with our modules, watched for faults while tests load it
# (the unit tests and fuzzers always run under sanitizers, see mk/test.mk).
#   make asan T="test/module -k WORD"   other tests than these
TLS_TESTS := $(addprefix test/module/test_,mixed.py failures.py handshake.py)
ASAN_TESTS := $(TLS_TESTS) $(addprefix test/module/test_,expiry.py reload.py \
	storm.py)

.PHONY: asan
asan: packages-test build ## handshakes under AddressSanitizer and UBSan (root)
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@mk/checked.sh asan "$(BUILD)" "$(KAMAILIO_BIN)" "$(MODULES)" \
		$(or $(T),$(ASAN_TESTS))

.PHONY: valgrind
valgrind: packages-valgrind build ## the same under valgrind: ten minutes (root)
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@mk/checked.sh valgrind "$(BUILD)" "$(KAMAILIO_BIN)" "$(MODULES)" \
		$(or $(T),$(TLS_TESTS))
