# The pure units: no Kamailio header, compiled alone and strictly, and used
# by unit tests, fuzzers and command-line tools as one archive.

PURE_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -fPIC -Wall -Wextra \
	-Wconversion -Wshadow -Werror
XML_CFLAGS = $(shell pkg-config --cflags libxml-2.0)
PURE_LIBS = -lxml2 -lssl -lcrypto -lidn2

include mk/units.mk
PURE_SOURCES := $(foreach m,$(MODULES),$(PURE_$(m):%=modules/$(m)/%.c))
PURE_OBJECTS := $(PURE_SOURCES:modules/%.c=$(BUILD)/pure/%.o)
PURE_ARCHIVE := $(BUILD)/pure/libpure.a
# a tool is TOOL.c, TOOL_*.c and their headers
C_SOURCES := $(basename $(notdir $(wildcard tools/*.c)))
C_TOOLS := $(foreach tool,$(C_SOURCES),$(if $(findstring _,$(tool)),,$(tool)))

$(BUILD)/pure/%.o: modules/%.c
	@mkdir -p $(@D)
	$(CC) $(PURE_CFLAGS) $(XML_CFLAGS) -MMD -MP -c $< -o $@

# its .incbin, which -MMD does not see
$(BUILD)/pure/sdes_policy/sp_schema.o $(BUILD)/san/sdes_policy/sp_schema.o: \
	modules/sdes_policy/policy.rng

$(PURE_ARCHIVE): $(PURE_OBJECTS)
	@rm -f $@
	$(AR) crs $@ $^

.SECONDEXPANSION:
$(BUILD)/tools/%: $$(wildcard tools/$$*.[ch] tools/$$*_*.[ch]) $(PURE_ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(PURE_CFLAGS) $(XML_CFLAGS) $(filter %.c,$^) $(PURE_ARCHIVE) -o $@ \
		$(PURE_LIBS)

.PHONY: tools
tools: packages-build ## sipcert, sdescheck, edge-cert, into build/tools
	@$(MAKE) --no-print-directory tools-only

.PHONY: tools-only
tools-only: $(C_TOOLS:%=$(BUILD)/tools/%)
	@mkdir -p $(BUILD)/tools
	@install -m 755 tools/edge-cert $(BUILD)/tools/

-include $(PURE_OBJECTS:.o=.d)
