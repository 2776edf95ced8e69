# Thin names; the work is in tools/setup.sh and xtask/. A fresh rustup puts cargo where no shell that
# is already open looks for it, hence the PATH.
export PATH := $(PATH):$(HOME)/.cargo/bin

# What only a second build would use need not be written to the disk of a machine that builds once.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: ## one case from the camera to the invoice, on real phones, server and database
	@tools/setup.sh
	@cargo xtask demo

serve: ## the server with a month of demo data, until Ctrl-C
	@tools/setup.sh
	@cargo xtask serve

test: ## every check and every test in every language; what CI runs
	@tools/setup.sh --test
	@cargo xtask test

check: ## the checks alone: formatting, lints, fences, queries, bindings, licences
	@tools/setup.sh
	@cargo xtask check

bench: ## the figures: writes target/bench/results.json; ONLY=name runs one
	@tools/setup.sh
	@cargo xtask bench

clean: ## forget what was built, keep what was downloaded
	cargo clean
	tools/swift.sh clean
	rm -rf android/target android/*/target bindings/kotlin/target
