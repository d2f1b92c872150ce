#!/usr/bin/env bash
# Builds the wheel, installs it into an empty environment and runs the planted demo from it, all
# outside the checkout: what the wheel lacks fails here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=$(realpath "$(command -v "$1")")
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT
"$uv" build --quiet --wheel --out-dir "$outside/wheel"
"$uv" export --quiet --locked --no-dev --no-emit-project --output-file "$outside/locked.txt"
"$uv" venv --quiet "$outside/env"
"$uv" pip install --quiet --python "$outside/env" --requirements "$outside/locked.txt" "$outside"/wheel/*.whl
cd "$outside"
env -u PYTHONPATH env/bin/quantsig demo --planted
test -s quantsig-demo/run/report.html
echo "the wheel runs the planted demo"
