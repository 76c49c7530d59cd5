# The demonstration: a real softphone, the edge and a real PBX.
PBX ?= asterisk

.PHONY: run
run: packages-run build ## a real secure call through the edge
	@$(MAKE) --no-print-directory -s tools-only
	@exec env PBX="$(PBX)" ONCE="$(ONCE)" $(PYTHON) tools/edge-run
