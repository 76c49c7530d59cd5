# What a reviewer should not have to say.
.PHONY: lint
lint: packages-lint build ## format, sizes, strict compile, schema, scripts
	@$(MAKE) --no-print-directory -s $(PURE_ARCHIVE)
	@mk/lint.sh "$(XML_CFLAGS)" $(PURE_SOURCES)

.PHONY: fmt
fmt: packages-lint ## format the C sources in place
	@git ls-files '*.c' '*.h' | xargs clang-format -i
