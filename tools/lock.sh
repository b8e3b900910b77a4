#!/usr/bin/env bash
# Write requirements/*.txt anew: every package pinned, every file hashed (`make lock`, `make lock UPGRADE=1`).
#
# dev.txt is resolved first and constrains the others, so that all of them agree. The oldest Python that we
# support is resolved for, since it needs the most packages; hashes cover the wheels of every platform.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

compile() { # compile OUTPUT [uv options...]
  local output="requirements/$1"
  shift
  echo "lock: $output"
  "$uv" pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
    --python-version 3.11 --python-platform x86_64-unknown-linux-gnu --custom-compile-command "make lock" \
    --output-file "$output" ${UPGRADE:+--upgrade} "$@"
}

compile dev.txt --all-extras --group dev
compile core.txt --group build --constraint requirements/dev.txt
compile cpu.txt --extra cpu --group build --constraint requirements/dev.txt
compile demo.txt --extra cpu --group build --group demo --constraint requirements/dev.txt
