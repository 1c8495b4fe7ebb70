# Sourced by samples/demo.sh and tests/run.sh: installs what is missing on Debian 12, then configures
# and builds. Every step says what it does and how long it took, is pinned, and does nothing (fast)
# when its result is already there.
#
#   setup_dependencies [PACKAGE...]   Debian packages (plus the ones named) and the Python environment
#   setup_test_dependencies           what only the parity tests need, into the same environment
#   setup_extra_dependencies          real peers for the tests labelled `extra`: browser, database, cluster
#   setup_build PRESET [TARGET...]    configure and build with a CMake preset; all without targets

DEEPSTACK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEEPSTACK_CACHE=${DEEPSTACK_CACHE:-$HOME/.cache/gst-deepstack}
export DEEPSTACK_VENV=$DEEPSTACK_CACHE/venv

DEBIAN_PACKAGES=(
  g++ ninja-build ccache python3-venv pkg-config
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav
  libavformat-dev libopencv-dev opencv-doc nlohmann-json3-dev libdlib-dev libcli11-dev libsqlite3-dev libssl-dev
  libpaho-mqtt-dev librdkafka-dev prometheus-cpp-dev libcpp-httplib-dev libpq-dev
  libgtest-dev libgmock-dev libvalijson-dev python3-jsonschema libgstrtspserver-1.0-dev mosquitto openssl
  python3-gi gir1.2-gst-plugins-base-1.0 python3-paho-mqtt
)
PYTHON_PACKAGES=(torch==2.11.0 numpy==2.4.6 cmake==4.1.2)
# The references of tests/parity, and SciPy for tests/bench. torchvision, because transformers' video
# processor imports it; this one needs the torch above.
PYTHON_TEST_PACKAGES=(transformers==5.17.0 torchvision==0.26.0 pillow==13.0.0 safetensors==0.8.0
  scipy==1.17.1)
# Of tests labelled `extra`, which the fast set does without.
EXTRA_PACKAGES=(faketime kcat prometheus chromium postgresql-15 libfaiss-dev libopenblas-dev)
PYTHON_EXTRA_PACKAGES=(playwright==1.65.2 ray==2.60.0 pyarrow==26.0.1)

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# step NAME COMMAND...: runs it with its output kept in a log that is shown only when it fails.
step() {
  local name=$1 log started
  shift
  log=$(mktemp)
  started=$SECONDS
  say "$name ..."
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "$name failed; the whole log is in $log"
  fi
  rm -f "$log"
  say "$name: $((SECONDS - started)) s"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root for '$*', and there is no sudo: run the script as root once"
  fi
}

install_debian_packages() {
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# install_python_packages STAMP PACKAGE...: STAMP is where the list of what is there is left.
install_python_packages() {
  local stamp=$1
  shift
  mkdir -p "$DEEPSTACK_CACHE"
  # A venv left half-made by an interrupted run has no working pip: start over.
  "$DEEPSTACK_VENV/bin/python" -m pip --version >/dev/null 2>&1 ||
    { rm -rf "$DEEPSTACK_VENV"; python3 -m venv "$DEEPSTACK_VENV"; }
  "$DEEPSTACK_VENV/bin/python" -m pip install --disable-pip-version-check "$@"
  printf '%s\n' "$@" >"$stamp"
}

# has_python_packages STAMP PACKAGE...: whether exactly this list was installed last.
has_python_packages() {
  local stamp=$1
  shift
  [ "$(cat "$stamp" 2>/dev/null)" = "$(printf '%s\n' "$@")" ]
}

setup_dependencies() {
  local wanted=("${DEBIAN_PACKAGES[@]}" "$@") missing=() package
  command -v apt-get >/dev/null || fail "Debian 12 with apt-get is needed"
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    step "Debian packages (${missing[*]})" install_debian_packages "${missing[@]}"
  fi
  local stamp=$DEEPSTACK_VENV/installed
  if ! has_python_packages "$stamp" "${PYTHON_PACKAGES[@]}"; then
    step "LibTorch 2.11.0 and CMake from PyPI into $DEEPSTACK_VENV (about 5 minutes, once)" \
      install_python_packages "$stamp" "${PYTHON_PACKAGES[@]}"
  fi
}

setup_test_dependencies() {
  local stamp=$DEEPSTACK_VENV/installed-tests
  if ! has_python_packages "$stamp" "${PYTHON_TEST_PACKAGES[@]}"; then
    step "transformers, Pillow and SciPy for the tests from PyPI into $DEEPSTACK_VENV" \
      install_python_packages "$stamp" "${PYTHON_TEST_PACKAGES[@]}"
  fi
}

setup_extra_dependencies() {
  setup_dependencies "${EXTRA_PACKAGES[@]}"
  local stamp=$DEEPSTACK_VENV/installed-extra
  if ! has_python_packages "$stamp" "${PYTHON_EXTRA_PACKAGES[@]}"; then
    step "Playwright, Ray and PyArrow for the tests from PyPI into $DEEPSTACK_VENV" \
      install_python_packages "$stamp" "${PYTHON_EXTRA_PACKAGES[@]}"
  fi
}

setup_build() {
  local preset=$1
  shift
  cd "$DEEPSTACK_ROOT" || fail "no folder $DEEPSTACK_ROOT"
  step "configure ($preset)" "$DEEPSTACK_VENV/bin/cmake" --preset "$preset"
  step "build ($preset)" "$DEEPSTACK_VENV/bin/cmake" --build --preset "$preset" ${1:+--target "$@"}
}
