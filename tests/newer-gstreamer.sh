#!/usr/bin/env bash
# Builds and tests what is compiled in against GStreamer 1.24 and newer only (gst-plugin/analytics_meta),
# in a Debian trixie of its own: Debian 12 has 1.22. Not part of the test sets: needs root and 3 GB.
#
#   tests/newer-gstreamer.sh [MIRROR]
#
# MIRROR is a Debian archive; without, the first one of apt's sources on this machine.
# DEEPSTACK_TRIXIE: the folder of the chroot, kept for the next run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CHROOT=${DEEPSTACK_TRIXIE:-${DEEPSTACK_CACHE:-$HOME/.cache/gst-deepstack}/trixie}
PACKAGES=g++,pkg-config,libgtest-dev,libgstreamer1.0-dev,libgstreamer-plugins-base1.0-dev,libgstreamer-plugins-bad1.0-dev

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "this needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
mirror=${1:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)}
[ -n "$mirror" ] || fail "apt names no mirror: give one"

if [ ! -e "$CHROOT/complete" ]; then
  rm -rf "$CHROOT"
  mkdir -p "$CHROOT"
  debootstrap --variant=minbase trixie "$CHROOT" "$mirror"
  chroot "$CHROOT" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends ${PACKAGES//,/ }
  touch "$CHROOT/complete"
fi

# Sources that need no more than GStreamer: the metas, and what of core they are made of.
source_folder=$CHROOT/src
rm -rf "$source_folder"
mkdir -p "$source_folder"
(cd "$ROOT" && tar -c core gst-plugin tests/plugin tests/support) | tar -x -C "$source_folder"
cat >"$source_folder/main.cpp" <<'MAIN'
#include <gst/gst.h>
#include <gtest/gtest.h>
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  return RUN_ALL_TESTS();
}
MAIN
chroot "$CHROOT" bash -euc '
  cd /src
  printf "GStreamer %s\n" "$(pkg-config --modversion gstreamer-analytics-1.0)"
  # The analytics library calls itself unstable; its functions used here are those of 1.24.
  g++ -std=c++20 -O1 -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror -I. \
    -DDEEPSTACK_ANALYTICS -DGST_USE_UNSTABLE_API \
    $(pkg-config --cflags gstreamer-1.0 gstreamer-video-1.0 gstreamer-analytics-1.0 | sed "s/-I/-isystem /g") \
    gst-plugin/analytics_meta.cpp gst-plugin/roi_detections.cpp gst-plugin/roi_results.cpp \
    tests/plugin/analytics_meta_test.cpp tests/plugin/roi_detections_test.cpp main.cpp \
    $(pkg-config --libs gstreamer-1.0 gstreamer-video-1.0 gstreamer-analytics-1.0) -lgtest -o metas
  ./metas
'
