# Benchmarks: numbers for people, never a verdict.
BENCHES := $(patsubst test/bench/%.c,$(BUILD)/bench/%,$(wildcard test/bench/bench_*.c))

$(BUILD)/bench/%: test/bench/%.c $(PURE_ARCHIVE)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -MMD -MP $< $(PURE_ARCHIVE) -o $@ \
		-lssl $(PURE_LIBS)

-include $(BENCHES:=.d) $(BUILD)/bench/pipeline.d

.PHONY: bench
bench: packages-bench build ## what things cost, beside the usual way (root)
	@$(MAKE) --no-print-directory -s $(BENCHES) $(BUILD)/bench/pipeline \
		$(LOAD_TOOLS)
	@for bench in $(BENCHES); do echo "$$ $$bench"; $$bench; echo; done
	@for bench in cost reuse calls idle; do \
		PYTHONPATH=test PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m lab.sandbox \
			$(PYTHON) test/bench/$$bench.py || exit; echo; done
