# Every target that compiles sets libtorch up first, once; see setup.sh.
CARGO ?= cargo
TARGET = $${CARGO_TARGET_DIR:-target}
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-gpu torture fuzz install clean distclean

help: ## Show what there is
	@echo 'stylescope: neural style transfer by optimisation, live in the terminal'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Find libtorch 2.11, or install it inside this folder (once)
	@CARGO='$(CARGO)' sh ./setup.sh

demo: setup ## Build, and make a picture without needing any file
	$(CARGO) run --locked -- demo $(ARGS)

test: setup ## Run all tests
	$(CARGO) test --locked

check: setup ## What CI runs: format, lints, tests
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked

bench: setup ## Measure the figures in benches/RESULTS.md (within ten minutes on two cores, once it is built)
	$(CARGO) build --quiet --locked --release
	benches/all.sh "$(TARGET)/release/stylescope"

bench-gpu: setup ## The same on a GPU
	$(CARGO) build --quiet --locked --release
	benches/all.sh "$(TARGET)/release/stylescope" cuda

torture: setup ## Disks that fail, terminals that are torn away, long runs, files that lie (about a quarter of an hour)
	STYLESCOPE_TORTURE=long $(CARGO) test --locked --test stylescope torture:: -- --nocapture --test-threads=1

fuzz: ## Feed all that reads files of others with broken ones (SECONDS=1200 for each of five)
	tests/fuzz/run.sh $(or $(SECONDS),1200)

install: setup ## Put the program into cargo's bin folder (it needs the libtorch of this folder)
	$(CARGO) install --locked --path . --target-dir "$(TARGET)"

clean: ## Remove what was built (libtorch stays)
	RUSTC_WORKSPACE_WRAPPER= $(CARGO) clean

distclean: clean ## Remove libtorch as well (an installed stylescope needs it)
	rm -rf .libtorch
