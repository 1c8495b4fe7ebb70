#!/usr/bin/env bash
# tests/soak.sh MINUTES [--limit MB_PER_HOUR]: `deepstack watch` on a camera that is killed and comes
# back every five seconds. Prints how memory, file descriptors and threads grew after the warm-up; exit
# 1 when memory grew by more than 1 MB an hour, or the others at all.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/setup.sh"

[ $# -ge 1 ] || fail "usage: tests/soak.sh MINUTES [--limit MB_PER_HOUR]"
setup_dependencies
setup_build release deepstack gstdeepstack deepstack_rtsp_server
export GST_PLUGIN_PATH=$DEEPSTACK_ROOT/build/release/gst-plugin
export DEEPSTACK_PROGRAM=$DEEPSTACK_ROOT/build/release/pipelines/deepstack
export DEEPSTACK_RTSP_SERVER=$DEEPSTACK_ROOT/build/release/tests/plugin/deepstack_rtsp_server
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$DEEPSTACK_ROOT/tests/soak/soak.py" "$@"
