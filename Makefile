# Ingot's commands. `make help` lists them.

SWIFT ?= swift
BUILD ?= .build
PREFIX ?= /usr/local
DESTDIR ?=
COMPLETIONS = $(DESTDIR)$(PREFIX)/share
# Seeded kill -9 moments of each act in `make test`; `make torture` takes more.
MOMENTS ?= 20
SEED ?= 1
# `make fuzz`: which reader, for how much CPU time, in how many processes.
TARGET ?= gguf
SECONDS ?= 60
JOBS ?= 1

ifeq ($(shell uname -s),Linux)
STATIC := --static-swift-stdlib
endif
RELEASE := $(SWIFT) build -c release $(STATIC) --scratch-path $(BUILD)
DEBUG_FLAGS := --scratch-path $(BUILD)
INGOT := $(abspath $(BUILD))/release/ingot
BENCHMARKS := $(abspath $(BUILD))/release/ingot-benchmarks
FORMATTED := $(wildcard Package.swift Sources Tests Benchmarks Fuzz)

export INGOT BENCHMARKS

.PHONY: help demo test build install torture bench interop fuzz lint format clean schema deps unit-test release-test benchmarks

help:
	@echo 'make demo      build, then register, convert, query and export a small model (MODEL=path: your own)'
	@echo 'make test      everything that must hold: lint, tests, checks of the release binary'
	@echo 'make build     the release binary, $(BUILD)/release/ingot'
	@echo 'make install   build, copy it to PREFIX/bin, and completions for shells (PREFIX=$(PREFIX))'
	@echo 'make torture   500 kill -9 moments of each act that writes (SEED=n)'
	@echo 'make bench     speed and memory, with what the machine itself can do beside it'
	@echo 'make interop   load exports with transformers and bitsandbytes (installs them from PyPI)'
	@echo 'make fuzz      feed a reader made-up bytes (TARGET=gguf, SECONDS=60 of CPU time; JOBS=n processes)'
	@echo 'make lint      check the formatting; make format changes it'
	@echo 'make schema    write schemas/catalog.sql anew'
	@echo 'make clean     remove what was built'

demo: build
	@scripts/demo.sh

test: deps lint unit-test release-test

build: deps
	$(RELEASE) --product ingot

install: build
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 '$(INGOT)' '$(DESTDIR)$(PREFIX)/bin/ingot'
	strip '$(DESTDIR)$(PREFIX)/bin/ingot'
	install -d '$(COMPLETIONS)/bash-completion/completions' '$(COMPLETIONS)/zsh/site-functions' \
		'$(COMPLETIONS)/fish/vendor_completions.d'
	'$(INGOT)' --generate-completion-script bash > '$(COMPLETIONS)/bash-completion/completions/ingot'
	'$(INGOT)' --generate-completion-script zsh > '$(COMPLETIONS)/zsh/site-functions/_ingot'
	'$(INGOT)' --generate-completion-script fish > '$(COMPLETIONS)/fish/vendor_completions.d/ingot.fish'

torture: MOMENTS = 500
torture: build benchmarks
	@scripts/torture.sh $(MOMENTS) $(SEED)

bench: build benchmarks
	@'$(BENCHMARKS)' $(ARGS)

interop: build
	@scripts/interop/run.sh

fuzz: deps
	@JOBS='$(JOBS)' scripts/fuzz.sh '$(TARGET)' '$(SECONDS)'

lint:
	$(SWIFT) format lint -s -p -r --configuration .swift-format $(FORMATTED)

format:
	$(SWIFT) format -i -p -r --configuration .swift-format $(FORMATTED)

schema: build
	'$(INGOT)' sql --schema > schemas/catalog.sql.new
	mv schemas/catalog.sql.new schemas/catalog.sql

clean:
	rm -rf '$(BUILD)'

deps:
	@scripts/deps.sh

unit-test: deps
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	$(SWIFT) test --skip-build --disable-xctest $(DEBUG_FLAGS)

release-test: build benchmarks
	@scripts/torture.sh $(MOMENTS) $(SEED)
	@scripts/check-release.sh

benchmarks: deps
	$(RELEASE) --product ingot-benchmarks
