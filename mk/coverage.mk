# Which RFC clause is obeyed where, and which test proves it.
.PHONY: coverage
coverage: ## docs/RFC-COVERAGE.md, from docs/rfc and the citations
	@$(PYTHON) mk/coverage.py
