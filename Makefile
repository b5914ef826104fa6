# `make demo` and `make test` need Python 3.10 to 3.15 and make; all else is installed here.
PYTHON ?= python3
BIN := .venv/bin

# Chainer 7.8.1 is built from source with pkg_resources, which setuptools 82 dropped; pip passes
# no such constraint into its build environments, so the build uses the one of the venv.
define install
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 15))' || \
		{ echo "error: $(PYTHON) is no Python from 3.10 to 3.15, which this was tried with: give one, as in make PYTHON=python3.12 $(MAKECMDGOALS)." >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "setuptools>=70.1,<82"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e "$(1)"
	@touch $@
endef

.PHONY: demo test test-slow test-cuda-compile lint clean

# A net that draws faces after a few minutes on one core: first alone, until it draws heads, then
# with a second D, an update of which takes as long as nine, to draw them well.
demo: .venv/installed
	$(TRAIN_DEMO) --out results/demo_plain --iterations 3000
	$(TRAIN_DEMO) --out results/demo --iterations 320 --start-from results/demo_plain \
		--feature-dis efficientnet-lite1
	$(BIN)/anime-gan figures studio results/demo --out results/demo/studio.html

# One thread: two are a quarter faster on a quiet machine and far slower on a busy one.
TRAIN_DEMO := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/anime-gan train --algorithm sngan \
	--dataset sample --ch 64 --batch-size 32 --loss hinge --flip --adam-alpha-gen 2e-4 \
	--adam-alpha-dis 6e-4 --augment translation --generator-average 0.999 \
	--log-every 250 --preview-every 8 --snapshot-every 12 --resume

# The tests' nets are too small for several threads, which would only wait for each other: the
# tests themselves are shared out among the cores.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest \
	-n auto --maxprocesses 8 --dist worksteal

test: .venv/installed-test
	$(PYTEST) -m "not slow"

test-slow: .venv/installed-test
	$(PYTEST) -m slow

# Compiles every CUDA kernel of an iteration with NVRTC, which needs no GPU; fetches 220 MB.
test-cuda-compile: .venv/installed-cuda-compile
	$(PYTEST) tests/cuda_compile

lint: .venv/installed-test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

clean:
	rm -rf .venv results/demo results/demo_plain

# oneDNN makes the demo twice as fast where it has a wheel; features has what the second D has seen.
.venv/installed: setup.py
	$(call install,.[onednn$(comma)features])

.venv/installed-test: setup.py
	$(call install,.[test])

.venv/installed-cuda-compile: setup.py
	$(call install,.[test$(comma)cuda-compile])

comma := ,
