# Tests.  Everything ends in one pytest run, so there is one summary.
# The unit tests and the fuzzers' corpora run on pure units that were built
# with AddressSanitizer and UndefinedBehaviorSanitizer.

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
SAN_OBJECTS := $(PURE_SOURCES:modules/%.c=$(BUILD)/san/%.o)
SAN_ARCHIVE := $(BUILD)/san/libpure.a
UNIT_TESTS := $(patsubst test/unit/%.c,$(BUILD)/unit/%,$(wildcard test/unit/test_*.c))
FUZZERS := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/fuzz_*.c))
LOAD_TOOLS := $(BUILD)/load/tls_storm

$(BUILD)/san/%.o: modules/%.c
	@mkdir -p $(@D)
	$(CC) $(PURE_CFLAGS) $(SANITIZE) $(XML_CFLAGS) -MMD -MP -c $< -o $@

$(SAN_ARCHIVE): $(SAN_OBJECTS)
	@rm -f $@
	$(AR) crs $@ $^

$(BUILD)/unit/%: test/unit/%.c $(SAN_ARCHIVE)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra $(SANITIZE) $(XML_CFLAGS) -MMD -MP \
		$< $(SAN_ARCHIVE) -o $@ -lcmocka $(PURE_LIBS)

$(BUILD)/fuzz/%: test/fuzz/%.c test/fuzz/replay.c $(SAN_ARCHIVE)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra $(SANITIZE) $(XML_CFLAGS) -MMD -MP \
		$< test/fuzz/replay.c $(SAN_ARCHIVE) -o $@ $(PURE_LIBS)

# a load tool: TOOL.c, TOOL_*.c and their headers
.SECONDEXPANSION:
$(BUILD)/load/%: $$(wildcard test/load/$$*.[ch] test/load/$$*_*.[ch])
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra $(filter %.c,$^) -o $@ -lssl -lcrypto

-include $(SAN_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(FUZZERS:%=$(BUILD)/fuzz/%.d)

.PHONY: test-programs
test-programs: $(UNIT_TESTS) $(FUZZERS:%=$(BUILD)/fuzz/%) $(LOAD_TOOLS)

.PHONY: test
test: packages-test build debian13 ## every test (T="-k WORD": some of them)
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@BUILD="$(BUILD)" test/run $(T)

.PHONY: unit
unit: packages-test build ## only the unit tests and the fuzz corpora
	@$(MAKE) --no-print-directory -s tools-only test-programs
	@BUILD="$(BUILD)" test/run --no-sandbox test/test_unit.py test/test_fuzz.py

# Real fuzzing, with clang's libFuzzer: make fuzz F=sp_sdp SECONDS=60
SECONDS ?= 60
.PHONY: fuzz
fuzz: packages-test ## fuzz one unit: F=UNIT SECONDS=60
	@test -n "$(F)" || { echo "say which: F=$(FUZZERS:fuzz_%=%)"; exit 2; }
	@mkdir -p $(BUILD)/libfuzzer/$(F)
	clang -std=gnu11 -D_POSIX_C_SOURCE=200809L -O1 -g \
		-fsanitize=fuzzer,address,undefined $(XML_CFLAGS) \
		test/fuzz/fuzz_$(F).c $(PURE_SOURCES) \
		-o $(BUILD)/libfuzzer/fuzz_$(F) $(PURE_LIBS)
	$(BUILD)/libfuzzer/fuzz_$(F) -max_total_time=$(SECONDS) -rss_limit_mb=1024 \
		-artifact_prefix=$(BUILD)/libfuzzer/ $(BUILD)/libfuzzer/$(F) \
		test/fuzz/corpus/$(F)
