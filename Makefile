# The front door. Each target is a script that runs as well alone.

.DEFAULT_GOAL := help
.PHONY: help build demo test fuzz test-sanitize test-vm test-vagrant bench bench-instructions deb test-deb lint format clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Install what is missing, then build the product and its tests (debug, .build)
	@scripts/install-dependencies
	@scripts/build

demo: build ## Run the main job on real WorkloadEndpoints and real packets, in throw-away namespaces (root)
	@scripts/as-root env MARGAY="$$PWD/.build/debug/margay" scripts/demo

test: build ## Run every unit and kernel test, the latter in namespaces (root); ends with their count
	@scripts/test

fuzz: build ## Random frames against the source filter, mutated inputs for every decoder (root; MARGAY_FUZZ_SECONDS, _SEED)
	@MARGAY_FUZZ_SECONDS=$${MARGAY_FUZZ_SECONDS:-300} scripts/test --filter FuzzTests

test-sanitize: ## Build with AddressSanitizer, then ThreadSanitizer, and run unit and kernel tests with each (root)
	@scripts/install-dependencies
	@scripts/test-sanitize

test-vm: ## Test the package on virtual machines: two nodes and a client (root; KERNELS="5.10 6.12" or all)
	@scripts/test-vm

test-vagrant: deb ## Bring up the machines of the Vagrantfile under libvirt, run the tour and the tests in them (root)
	@scripts/as-root scripts/test-vagrant

bench: ## Measure beside peers and the bare kernel (root; ONLY=cold-start,change JSON=FILE RUNS=7 MARKDOWN=1)
	@scripts/install-dependencies build bench
	swift build -c release --product margay --static-swift-stdlib
	swift build -c release --package-path Benchmarks --product margay-bench --static-swift-stdlib
	@Benchmarks/compare --check && Benchmarks/.build/release/margay-bench self-check
	@scripts/as-root Benchmarks/.build/release/margay-bench --margay .build/release/margay \
		$(if $(ONLY),--only "$(ONLY)") $(if $(JSON),--json "$(JSON)") $(if $(RUNS),--runs "$(RUNS)") $(if $(MARKDOWN),--markdown)

bench-instructions: ## Count the instructions of a few paths, and compare with those on record (root; WRITE=1 records them)
	@scripts/install-dependencies build bench
	swift build -c release --package-path Benchmarks --product margay-bench --static-swift-stdlib
	@Benchmarks/instructions --check
	@scripts/as-root Benchmarks/instructions $(if $(WRITE),--write)

deb: ## Build for release and pack dist/margay_<version>_<arch>.deb
	@scripts/install-dependencies build package
	@scripts/deb

test-deb: deb ## Install, upgrade, remove and purge that package in containers that run systemd (root)
	@scripts/install-dependencies test-package
	@scripts/as-root scripts/test-deb

lint: ## Check format, import arrows, file lengths, left-overs and shell scripts
	@scripts/lint

format: ## Format all Swift code in place
	@scripts/format

clean: ## Remove everything that was built
	rm -rf .build dist
