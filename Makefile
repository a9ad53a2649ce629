# The one place that knows how to get from a fresh machine to a running platform.
BUN_VERSION := 1.4.5
TOOLS := $(CURDIR)/.tools
export PATH := $(TOOLS)/node_modules/.bin:$(PATH)
export NODE_ENV ?= production
# Bytes of memory that Bun's collector reckons with: with all that a machine has it lets garbage lie for longer.
export BUN_JSC_forceRAMSize ?= 240000000
# make stack MONITORING=1 REPLICA=1
export STACK_MONITORING ?= $(MONITORING)
export STACK_REPLICA ?= $(REPLICA)

# make stack APIS=10 WORKERS=10 BROKERS=3
ifdef APIS
export STACK_APIS := $(APIS)
endif
ifdef WORKERS
export STACK_WORKERS := $(WORKERS)
endif
ifdef BROKERS
export STACK_BROKERS := $(BROKERS)
endif

# What tests name that start services.
SERVICES := infrastructure/local|(server|broker|kafka|database)[.]fixture

.DEFAULT_GOAL := help
.PHONY: help start dev stack stack-restart stack-down stack-status stack-clean unit test test-long test-full faults lint format bench screenshots sbom install bun

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

start: install ## Runs the embedded platform on http://127.0.0.1:8001
	@exec bun src/main.ts

dev: install ## The same, restarted when a source file changes
	@exec bun --watch src/main.ts

stack: install ## Runs it on PostgreSQL, Kafka, Redis, PgBouncer and nginx, without Docker; APIS=2 WORKERS=2 BROKERS=1 REPLICA=1 MONITORING=1 STACK_PORT=8001
	@exec bun infrastructure/local/main.ts up

stack-restart: install ## Restarts its API and worker processes one after the other, unseen by clients
	@exec bun infrastructure/local/main.ts restart

stack-down: install ## Ends what make stack started; the data stays
	@exec bun infrastructure/local/main.ts down

stack-status: install ## Says what of it runs where, and what died of what
	@exec bun infrastructure/local/main.ts status

stack-clean: install ## Ends it and removes its data
	@exec bun infrastructure/local/main.ts clean

test: install ## Type check, lint and the tests, the big ones scaled down, without the long ones
	@exec tests/run

test-long: install ## The long ones, scaled down: kills, deployments, browsers (some 15 minutes)
	@TEST_PART=long exec tests/run

unit: install ## Type check and the tests that need no service, in some 20 s
	@bun run typecheck & types=$$!; \
	git grep --untracked -LE '$(SERVICES)' -- 'src/*.test.ts' 'workers/*.test.ts' | xargs -P 4 -n 4 bun test --timeout 60000; tests=$$?; \
	wait $$types && exit $$tests

test-full: install ## All of them with every number as promised, and the longest
	@TEST_SIZE=full exec tests/run

faults: install ## Kills, freezes and starves every part of it, at full size (most of an hour)
	@TEST_SIZE=full exec tests/run tests/faults/

lint: install ## Type check and Biome
	@bun run typecheck && bun run lint

format: install ## Formats the code and mends what Biome can mend
	@bun run format

bench: install ## Measures this machine and prints our figures beside the floors
	@exec bun bench/main.ts

screenshots: install ## Pictures of the page's views, in both themes and on a phone, into screenshots/
	@exec bun tests/page/screenshots.ts

sbom: install ## Writes sbom.cdx.json: what of packages the platform has in it, as CycloneDX
	@npm sbom --sbom-format cyclonedx --sbom-type application --omit dev >sbom.cdx.json

install: bun
	@[ -z "$$(find bun.lock patches -newer node_modules/.installed 2>&1)" ] || { bun install --frozen-lockfile >/dev/null && touch node_modules/.installed; }
	@bun src/page/build.ts --if-older

# Any Bun 1.4 or later will do; without one the npm package is put beside the sources, not on the machine.
bun:
	@case "$$(bun --version 2>/dev/null)" in \
	  1.[4-9]*|1.[1-9][0-9]*|[2-9]*) ;; \
	  *) echo "installing Bun $(BUN_VERSION) into .tools" && \
	     npm install --prefix "$(TOOLS)" --no-save --no-audit --no-fund --loglevel=error bun@$(BUN_VERSION) >/dev/null && \
	     bun --version >/dev/null ;; \
	esac
