#!/usr/bin/env bash
# Builds and runs the tests. tests/run.sh: the fast set, as CI does. tests/run.sh all: also the unit and
# element tests under AddressSanitizer + UBSan and under ThreadSanitizer, the faults (cameras that are
# killed, hang, flap: minutes, one at a time, as they measure times), the tests with a real browser,
# database and cluster (label `extra`), and 60 s of each fuzz target.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/setup.sh"

# run_tests PRESET [CTEST_ARGUMENT...]
run_tests() {
  local preset=$1 started=$SECONDS
  "$DEEPSTACK_VENV/bin/ctest" --preset "$preset" "${@:2}"
  say "tests ($preset): $((SECONDS - started)) s"
}

case "${1:-fast}" in
  fast) presets=(release) packages=() ;;
  all) presets=(release asan tsan fuzz) packages=(clang-14 libclang-rt-14-dev) ;;
  *) fail "usage: tests/run.sh [fast|all]" ;;
esac
setup_dependencies "${packages[@]}"
setup_test_dependencies
[ "${1:-fast}" != all ] || setup_extra_dependencies
for preset in "${presets[@]}"; do
  setup_build "$preset"
  run_tests "$preset" -j2
done
if [ "${1:-fast}" = all ]; then
  run_tests extra -j1
  run_tests fault -j1
fi
