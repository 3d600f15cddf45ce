#!/bin/sh
# Finds libtorch 2.11 (or installs it inside this folder) and points the build at it.
#
# It leaves .libtorch/link, which .cargo/config.toml names as LIBTORCH:
#   .libtorch/link/include, .libtorch/link/lib   what torch-sys compiles and links against
#   .libtorch/link/origin                        the folder that the binary loads libtorch from
#   .libtorch/site                               the private installation, where there is one
# A call that finds all this in place does nothing. Called by make; safe to call by hand.
#
# STYLESCOPE_CUDA=1 or 0 overrides what the presence of an NVIDIA driver decides.
set -eu

VERSION=2.11.0
SERIES=2.11
# What torch 2.11.0 itself asks for (cuda-toolkit 13.0.2).
CUDA_RUNTIME=nvidia-cuda-runtime==13.0.96
CUDA_CUPTI=nvidia-cuda-cupti==13.0.85

cd "$(dirname "$0")"
ROOT=$(pwd)
HOME_DIR=$ROOT/.libtorch
LINK=$HOME_DIR/link
SITE=$HOME_DIR/site

say() { printf 'setup: %s\n' "$*" >&2; }
# One line on what is wrong, one on how to mend it.
fail() {
  printf 'setup: error: %s\n' "$1" >&2
  printf 'setup: to mend it: %s\n' "$2" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

case $(uname -s) in
  Darwin) SO=dylib ;;
  *) SO=so ;;
esac

check_tools() {
  have cargo || fail "cargo is not on the PATH" \
    "install Rust from https://rustup.rs, then open a new shell"
  if [ -n "${CXX:-}" ]; then
    have "${CXX%% *}" || fail "the C++ compiler named by CXX ($CXX) was not found" \
      "unset CXX, or set it to a compiler that is installed"
  else
    have c++ || have g++ || have clang++ || fail "no C++ compiler was found (c++, g++ or clang++)" \
      "Debian or Ubuntu: sudo apt install g++; Fedora: sudo dnf install gcc-c++; macOS: xcode-select --install"
  fi
}

# The version of the libtorch in folder $1, or nothing where it cannot be told.
version_in() {
  if [ -f "$1/build-version" ]; then
    head -n 1 "$1/build-version"
  elif [ -f "$1/version.py" ]; then
    sed -n "s/^__version__ *= *['\"]\([^'\"]*\)['\"].*/\1/p" "$1/version.py"
  elif [ -f "$1/include/torch/headeronly/version.h" ]; then
    awk '$2 ~ /^TORCH_VERSION_(MAJOR|MINOR|PATCH)$/ { v = v sep $3; sep = "." } END { print v }' \
      "$1/include/torch/headeronly/version.h"
  fi
}

is_right_version() { case $1 in "$SERIES" | "$SERIES".* | "$SERIES"+*) return 0 ;; *) return 1 ;; esac; }

# The folder of the torch that python3 has, without importing it (which takes seconds).
python_torch() {
  have python3 || return 0
  python3 - 2>/dev/null <<'PY' || true
import importlib.util, os
spec = importlib.util.find_spec("torch")
if spec and spec.submodule_search_locations:
    print(os.path.realpath(list(spec.submodule_search_locations)[0]))
PY
}

has_nvidia_driver() {
  case ${STYLESCOPE_CUDA:-} in
    1) return 0 ;;
    0) return 1 ;;
  esac
  [ -e /proc/driver/nvidia/version ] || { have nvidia-smi && nvidia-smi -L >/dev/null 2>&1; }
}

is_usable() {
  [ -f "$1/lib/libtorch_cpu.$SO" ] && [ -f "$1/lib/libc10.$SO" ] && [ -d "$1/include/torch/csrc/api/include" ]
}

# Points .libtorch/link at the libtorch in folder $1.
point_at() {
  mkdir -p "$LINK/lib"
  ln -sfn "$1/include" "$LINK/include"
  # Only these two (libtorch itself is an empty shell around them): so the same binary runs with
  # and without CUDA, and torch-sys, which links torch_cuda where it sees it, does not see it.
  for library in torch_cpu c10; do
    ln -sfn "$1/lib/lib$library.$SO" "$LINK/lib/lib$library.$SO"
  done
  ln -sfn "$1/lib/libtorch_cpu.$SO" "$LINK/lib/libtorch.$SO"
  printf '%s\n' "$VERSION" >"$LINK/build-version"
  # Written last, and whole: its presence says that all the rest is there.
  printf '%s\n' "$1/lib" >"$LINK/origin.new"
  if ! cmp -s "$LINK/origin.new" "$LINK/origin"; then
    mv "$LINK/origin.new" "$LINK/origin"
    say "using libtorch from $1/lib"
  else
    rm "$LINK/origin.new"
  fi
}

check_disk() { # $1: megabytes needed
  free=$(df -Pm "$ROOT" | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -ge "$1" ] || fail "$ROOT has ${free:-0} MB free, setting up libtorch needs $1 MB" \
    "free some space, or set LIBTORCH to a libtorch $SERIES that is on another disk"
}

install_privately() {
  have python3 || fail "python3 was not found, and it is what fetches libtorch" \
    "install python3 with pip (Debian or Ubuntu: sudo apt install python3-pip python3-venv), or set LIBTORCH to a libtorch $VERSION"
  python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip" \
    "Debian or Ubuntu: sudo apt install python3-pip; elsewhere: python3 -m ensurepip --user"
  work=$HOME_DIR/work
  rm -rf "$work" "$SITE"
  mkdir -p "$work/tmp"
  # pip unpacks into TMPDIR, which is often a small memory disk.
  TMPDIR=$work/tmp
  export TMPDIR
  if [ "$SO" = so ] && has_nvidia_driver; then
    check_disk 12000
    say "installing torch $VERSION with CUDA into .libtorch (about 4.7 GB on disk; once)"
    python3 -m pip install --quiet --no-cache-dir --target "$work/site" "torch==$VERSION" || pip_failed
  else
    check_disk 1500
    say "fetching torch $VERSION into .libtorch (0.5 GB to fetch, 0.5 GB on disk; once)"
    wheels="torch==$VERSION"
    [ "$SO" = so ] && wheels="$wheels $CUDA_RUNTIME $CUDA_CUPTI"
    # Any Python's wheel will do, since only its libraries and headers are taken: so a python3 that
    # torch has no wheel for (too old, too new) is no hindrance.
    # shellcheck disable=SC2086
    python3 -m pip download --quiet --no-cache-dir --no-deps --only-binary=:all: -d "$work" $wheels \
      || python3 -m pip download --quiet --no-cache-dir --no-deps --only-binary=:all: \
        --python-version 3.12 -d "$work" $wheels || pip_failed
    python3 - "$work" <<'PY' || fail "the fetched wheels could not be unpacked" "run it again; if it stays so, delete .libtorch first"
import glob, os, sys, zipfile

work = sys.argv[1]
keep_libraries = ("libtorch_cpu.", "libc10.", "libtorch.", "libgomp", "libomp", "libcudart", "libcupti")
for wheel in glob.glob(os.path.join(work, "*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            header = name.startswith("torch/include/")
            library = "lib" in parts[:-1] and parts[-1].startswith(keep_libraries)
            if header or library or name == "torch/version.py" or "licenses" in parts or parts[-1] in ("LICENSE", "NOTICE"):
                archive.extract(name, os.path.join(work, "site"))
    os.remove(wheel)
PY
  fi
  mv "$work/site" "$SITE"
  rm -rf "$work"
}

pip_failed() {
  fail "pip could not fetch torch $VERSION (its own message is above)" \
    "check the network and the free disk space and run it again, or set LIBTORCH to a libtorch $VERSION"
}

check_tools

# Already set up, and nothing asks for another libtorch?
if [ -f "$LINK/origin" ]; then
  origin=$(dirname "$(cat "$LINK/origin")")
  if is_usable "$origin" && [ -e "$LINK/lib/libtorch_cpu.$SO" ] \
    && { [ -z "${LIBTORCH:-}" ] || [ "$LIBTORCH" = "$LINK" ] || [ "$(cd "$LIBTORCH" 2>/dev/null && pwd -P)" = "$origin" ]; }; then
    exit 0
  fi
fi

if [ -n "${LIBTORCH:-}" ] && [ "$LIBTORCH" != "$LINK" ]; then
  [ -d "$LIBTORCH" ] || fail "LIBTORCH names $LIBTORCH, which is not a folder" \
    "point it at a libtorch $VERSION (the folder with lib and include), or unset it"
  found=$(cd "$LIBTORCH" && pwd -P)
  is_usable "$found" || fail "LIBTORCH names $LIBTORCH, which has no lib/libtorch_cpu.$SO or no include/torch" \
    "point it at a libtorch $VERSION (the folder with lib and include), or unset it"
  version=$(version_in "$found")
  is_right_version "$version" || fail "LIBTORCH names $LIBTORCH, which is libtorch ${version:-of unknown version}, not $SERIES" \
    "point it at a libtorch $VERSION, or unset it to have one installed inside this folder"
  point_at "$found"
  exit 0
fi

found=$(python_torch)
if [ -n "$found" ]; then
  version=$(version_in "$found")
  if ! is_right_version "$version"; then
    say "python3 has torch $version, stylescope needs $SERIES: leaving it alone"
  elif is_usable "$found"; then
    point_at "$found"
    exit 0
  fi
fi

if ! is_usable "$SITE/torch"; then
  install_privately
fi
is_usable "$SITE/torch" || fail "the libtorch in .libtorch/site is not whole" "delete .libtorch and run it again"
point_at "$SITE/torch"
