#!/usr/bin/env bash
# Shows what gst-deepstack does, on a clip that Debian ships: installs what is missing, builds, runs one
# gst-launch line and leaves out/events.jsonl, out/annotated.avi and out/report.html.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/setup.sh"

CLIP=/usr/share/doc/opencv-doc/examples/data/vtest.avi

setup_dependencies
setup_build release gstdeepstack deepstack
[ -f "$CLIP" ] || fail "$CLIP is missing although opencv-doc is installed: are /usr/share/doc files excluded by dpkg?"

cd "$DEEPSTACK_ROOT"
mkdir -p out
rm -f out/events.jsonl out/annotated.avi out/report.html
export GST_PLUGIN_PATH=$DEEPSTACK_ROOT/build/release/gst-plugin
pipeline="filesrc location=$CLIP ! decodebin ! videoconvert !
  deepstack name=d source=vtest proposals=hog inference-rate=5/1
  d.src ! fakesink  d.events ! filesink location=out/events.jsonl"

say "analysing $(basename "$CLIP") (79.5 s of video):"
printf '\n  GST_PLUGIN_PATH=build/release/gst-plugin gst-launch-1.0 -q %s\n\n' "$pipeline"
started=$(date +%s.%N)
# The words of the pipeline are gst-launch's arguments.
# shellcheck disable=SC2086
gst-launch-1.0 -q $pipeline
seconds=$(awk -v from="$started" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }')

build/release/pipelines/deepstack report --video "$CLIP" --events out/events.jsonl \
  --html out/report.html --annotated out/annotated.avi --seconds "$seconds" --table
say "analysed in $seconds s; see out/report.html, out/annotated.avi and out/events.jsonl"
