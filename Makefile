# make help lists what there is. Everything works on a fresh clone with Go alone.

GO            ?= go
GOLANGCI_LINT ?= $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

BIN     := bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
STATIC  := CGO_ENABLED=0 $(GO) build -trimpath

# Every folder of plugins/ with a .yaml is a controller, of the one module that has
# them all; every folder of examples/ with a main.go is a plugin.
PLUGINS  := $(patsubst %.yaml,$(BIN)/plugins/%.wasm,$(notdir $(wildcard plugins/*/*.yaml)))
BUNDLE   := plugins/bundle/bundle.wasm
EXAMPLES := $(patsubst examples/%/main.go,$(BIN)/examples/%.wasm,$(wildcard examples/*/main.go))

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: $(BIN)/wasm-controller-manager plugins ## the host (static, with all controllers) and the plugins, into bin/

.PHONY: plugins
plugins: $(PLUGINS) $(EXAMPLES) ## the controllers and examples as .wasm, each with the .yaml that grants what it wants

.PHONY: $(BIN)/wasm-controller-manager
$(BIN)/wasm-controller-manager: $(BUNDLE)
	@echo "building the host; the first time this takes a minute or two"
	@$(STATIC) -ldflags='$(LDFLAGS)' -o $@ ./cmd/wasm-controller-manager

# The Go toolchain knows better than make what changed.
$(BUNDLE): always
	@echo "building the module of all controllers"
	@$(GO) generate ./plugins
$(PLUGINS): $(BIN)/plugins/%.wasm: $(BUNDLE)
	@mkdir -p $(@D) && ln -f $< $@ && cp plugins/*/$*.yaml $(@D)
$(EXAMPLES): $(BIN)/examples/%.wasm: always
	@echo "building the plugin $*"
	@GOOS=wasip1 GOARCH=wasm $(GO) build -buildmode=c-shared -trimpath -ldflags='-s -w' -o $@ ./examples/$*
	@cp examples/$*/$*.yaml $(@D)

.PHONY: always
always:

.PHONY: control-plane
control-plane: ## the local control plane: etcd and kube-apiserver in one binary
	@echo "building the local control plane; the first time this takes minutes"
	@$(MAKE) --no-print-directory -C cmd/control-plane

.PHONY: demo
demo: build ## the story of a ReplicationController on the local control plane; Ctrl-C ends it
	@$(GO) build -o $(BIN)/demo ./cmd/demo
	@$(BIN)/demo

.PHONY: cluster
cluster: build control-plane ## a cluster without machines, for your kubectl: our controllers and scheduler, hollow nodes; Ctrl-C ends it
	@$(GO) build -o $(BIN)/cluster ./cmd/cluster
	@$(BIN)/cluster

.PHONY: conformance
conformance: build control-plane e2e ## upstream's conformance tests of our controllers; with PEER=1 of kube-controller-manager's
	@$(if $(PEER),$(MAKE) --no-print-directory -C cmd/control-plane peer)
	@$(GO) build -o $(BIN)/conformance ./cmd/conformance
	@$(BIN)/conformance $(if $(PEER),-peer) $(if $(RUN),-run='$(RUN)')

.PHONY: chaos
chaos: build control-plane ## ten minutes of load while hosts are killed and the API server is restarted, and what was wrong
	@$(GO) build -o $(BIN)/chaos ./cmd/chaos
	@$(BIN)/chaos $(CHAOS)

E2E     := cmd/conformance/e2e
# kubectl version says what k8s.io/kubernetes in go.mod says.
KUBERNETES = $(shell cd $(E2E) && GOWORK=off $(GO) list -m -f '{{.Version}}' k8s.io/kubernetes)

.PHONY: e2e
e2e: kubectl
	@echo "building upstream's end-to-end tests; the first time this takes many minutes"
	@cd $(E2E) && CGO_ENABLED=0 GOWORK=off $(GO) test -c -trimpath -ldflags='-s -w' -o ../../../$(BIN)/e2e.test .

.PHONY: kubectl
kubectl: ## upstream's kubectl, into bin/, for who has none
	@echo "building kubectl; the first time this takes minutes"
	@cd $(E2E) && CGO_ENABLED=0 GOWORK=off $(GO) build -trimpath -ldflags='-s -w -X k8s.io/component-base/version.gitVersion=$(KUBERNETES)' -o ../../../$(BIN)/kubectl ./kubectl

.PHONY: test
test: control-plane $(BUNDLE) ## all tests, on real API servers that they start and stop themselves
	$(GO) test -timeout=20m ./...
	$(MAKE) --no-print-directory -C cmd/control-plane test
	cd bench/controller-runtime && $(GO) vet ./...

.PHONY: race
race: ## the tests without an API server under the race detector (needs a C compiler)
	$(GO) test -race -short -timeout=20m ./...

.PHONY: lint
lint: ## golangci-lint, pinned
	$(GOLANGCI_LINT) run ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s)
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs grep -hoE '^func Fuzz[A-Za-z]+' | sed 's/func //' | sort -u); do \
	  package=./$$(grep -rlE "^func $$target\(" --include='*_test.go' . | head -1 | xargs dirname); \
	  echo "$$target in $$package"; $(GO) test -run='^$$' -fuzz="^$$target$$" -fuzztime=$${FUZZTIME:-20s} $$package || exit 1; \
	done

.PHONY: fixtures
fixtures: ## recompile the .wat fixtures (needs wat2wasm of Debian's wabt)
	@find . -name '*.wat' -not -path './.*' | while read -r f; do wat2wasm --enable-all --no-check "$$f" -o "$${f%.wat}.wasm" || exit 1; done

.PHONY: bench
bench: ## the benchmarks beside their peers, as tables with ratios
	$(GO) run ./bench

.PHONY: check
check: lint test ## what CI runs, without the demo
	$(GO) mod tidy -diff

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) $(BUNDLE)
