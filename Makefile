# Builds, runs, checks and measures Rialto. `make` alone lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The tools of this project, and a rustup that this shell may not have heard of yet.
export PATH := $(CURDIR)/.tools/bin:$(HOME)/.cargo/bin:$(PATH)
# One directory for every target, so that what one has built the next one finds.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
# Printed for people: what happens now.
step = @printf '── %s\n' "$(1)"

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the release: target/release/rialto
	$(call step,What a build needs)
	@tools/need c rust
	$(call step,The web client)
	@tools/web
	$(call step,The release (the first time takes some minutes))
	@cargo build --locked --release --package rialto

.PHONY: run
run: build ## Start the server; settings by RIALTO_… or ARGS="--listen 127.0.0.1:9000"
	@exec $(CARGO_TARGET_DIR)/release/rialto serve $(ARGS)

.PHONY: test
test: test-rust test-js test-python test-autobahn test-clients test-browser test-bench ## Run every test

.PHONY: test-rust
test-rust: web ## … the tests beside the code, of every crate
	$(call step,What the tests need)
	@tools/need c rust
	$(call step,Tests of every crate)
	@cargo test --locked --workspace

.PHONY: test-js
test-js: server ## … the official JavaScript clients against the server
	$(call step,The official JavaScript clients)
	@tools/suite js

.PHONY: test-python
test-python: server ## … the official Python clients against the server
	$(call step,The official Python clients)
	@tools/suite python

.PHONY: test-clients
test-clients: server ## … the clients' own: types, and tests of the core with the server
	$(call step,The clients)
	@tools/suite clients

.PHONY: test-browser
test-browser: server ## … the web client in browsers, several at once; ARGS="messages offline" says which
	$(call step,The web client in browsers)
	@tools/suite browser $(ARGS)

.PHONY: screenshots
screenshots: server ## Take the pictures of docs/screenshots again
	@tools/suite screenshots

.PHONY: test-autobahn
test-autobahn: server ## … the WebSocket echo against Autobahn|Testsuite
	$(call step,Autobahn|Testsuite)
	@tools/suite autobahn $(ARGS)

.PHONY: test-bench
test-bench: ## … what the bench makes of what it measures
	@tools/need python
	$(call step,The bench)
	@python3 -B -m unittest discover --buffer --start-directory bench

.PHONY: test-run
test-run: ## … `make run`, as a stranger would meet it
	$(call step,make run)
	@tools/try-run

# The server as the tests build it: with --workspace, so that features and objects are the same.
# The web client first: it goes into the program.
.PHONY: server
server: web
	@tools/need c rust >/dev/null || tools/need c rust
	@cargo test --locked --workspace --no-run --quiet

.PHONY: web
web:
	$(call step,The web client)
	@tools/web

.PHONY: fuzz
fuzz: ## Fuzz what strangers send, 60 s each; ARGS="3600 http_head" says how long and what
	$(call step,Fuzzing)
	@tools/fuzz $(ARGS)

.PHONY: bench
bench: build ## Measure the release beside its peers: bench/RESULTS.md (25 minutes; ARGS="--quick", "--only NAME")
	$(call step,What the bench needs)
	@tools/need js bench-peers python
	@# Without these two it tells less.
	@tools/need perf valgrind || true
	@cargo build --locked --release --manifest-path bench/floor/Cargo.toml
	@cargo bench --locked --package rialto-adapters --bench store --no-run
	$(call step,Rialto and its peers in turns)
	@python3 -B bench $(ARGS)

.PHONY: bench-web
bench-web: build ## Measure the web client of the release in a browser: bench/WEB.md (a minute or two)
	$(call step,What the bench needs)
	@tools/need js js-clients chromium browser-packages
	$(call step,The web client in a browser)
	@RIALTO_BIN=$(CARGO_TARGET_DIR)/release/rialto node bench/web/measure.js bench/WEB

.PHONY: soak
soak: build ## Crash, starve and load the release for long: an hour or so; ARGS="--kills 100 --seconds 60"
	$(call step,Crashes and starvation at length)
	@tools/soak $(ARGS)

.PHONY: check
check: ## Check format, lints, documentation, dependencies
	$(call step,What the checks need)
	@tools/need c rust deny
	$(call step,Format)
	@cargo fmt --all --check
	@cargo fmt --manifest-path bench/floor/Cargo.toml --check
	$(call step,Lints)
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@cargo clippy --locked --manifest-path bench/floor/Cargo.toml -- -D warnings
	$(call step,Documentation)
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	$(call step,Dependencies: licences and sources; crates in two versions)
	@cargo-deny --log-level error check bans licenses sources
	$(call step,Dependencies: known weaknesses)
	@tools/advisories
