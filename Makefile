# Every target sets libtorch up first, once; see setup.sh.
CARGO ?= cargo
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench install clean distclean

help: ## Show what there is
	@echo 'stylescope: neural style transfer by optimisation, live in the terminal'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Find libtorch 2.11, or install it inside this folder (once)
	@./setup.sh

demo: setup ## Build, and make a picture without needing any file
	$(CARGO) run --quiet --locked -- demo $(ARGS)

test: setup ## Run all tests
	$(CARGO) test --locked

check: setup ## What CI runs: format, lints, tests
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked

bench: setup ## Measure the figures in benches/RESULTS.md
	$(CARGO) build --quiet --locked --release
	benches/run.sh target/release/stylescope

install: setup ## Put the program into cargo's bin folder
	$(CARGO) install --locked --path . --target-dir target

clean: ## Remove what was built (libtorch stays)
	$(CARGO) clean

distclean: clean ## Remove the private libtorch as well
	rm -rf .libtorch
