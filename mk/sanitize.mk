# Kamailio itself with our modules, watched for faults while tests load it.
# (The unit tests and the fuzzers' corpora always run under sanitizers, see
# mk/test.mk.)  Other tests than these: make asan T="test/module/test_x.py -k WORD".
# On this machine's Kamailio only.
VALGRIND_TESTS := test/module/test_mixed.py test/module/test_failures.py
ASAN_TESTS := $(VALGRIND_TESTS) $(patsubst %,test/module/test_%.py,\
	handshake to to_tm peers_rpc ledger expiry reload storm \
	alias via_alias virtual fail_reply close keep keep_flows flows keys) \
	-k "not relative_to_the_configuration" # ours includes the test's own

.PHONY: asan
asan: packages-test build ## Kamailio and handshakes under ASan, UBSan (root)
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@mk/checked.sh asan "$(BUILD)" "$(KAMAILIO_BIN)" "$(MODULES)" \
		$(or $(T),$(ASAN_TESTS))

.PHONY: valgrind
valgrind: packages-valgrind build ## the same under valgrind, slower (root)
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@mk/checked.sh valgrind "$(BUILD)" "$(KAMAILIO_BIN)" "$(MODULES)" \
		$(or $(T),$(VALGRIND_TESTS))
