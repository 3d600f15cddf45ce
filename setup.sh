#!/bin/sh
# Finds libtorch 2.11 (or installs it inside this folder) and points the build at it.
#
# It leaves .libtorch/link, which .cargo/config.toml names as LIBTORCH:
#   .libtorch/link/include, .libtorch/link/lib   what torch-sys compiles and links against
#   .libtorch/link/origin                        the folder that the binary loads libtorch from
#   .libtorch/link/version                       the version found there
#   .libtorch/site                               the private installation, where there is one
# A call that finds all this in place does nothing. Called by make; safe to call by hand.
#
# LIBTORCH=folder takes the libtorch there. STYLESCOPE_CUDA=1 or 0 overrides what the presence of an
# NVIDIA driver decides about the private installation.
set -eu
unset CDPATH

VERSION=2.11.0
SERIES=2.11
# What torch 2.11.0 itself asks for (cuda-toolkit 13.0.2).
CUDA_RUNTIME=nvidia-cuda-runtime==13.0.96
CUDA_CUPTI=nvidia-cuda-cupti==13.0.85

# A relative LIBTORCH is meant from where the caller stands.
case ${LIBTORCH:-/} in /*) ;; *) LIBTORCH=$PWD/$LIBTORCH ;; esac

cd "$(dirname "$0")"
ROOT=$(pwd -P)
HOME_DIR=$ROOT/.libtorch
LINK=$HOME_DIR/link
SITE=$HOME_DIR/site
LOCK=$HOME_DIR/lock

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

# Before anything is fetched: half a gigabyte is no fun to wait for when the build cannot start then.
check_tools() {
  cargo=${CARGO:-cargo}
  cargo=${cargo%% *}
  have "$cargo" || fail "cargo is not on the PATH" \
    "install Rust from https://rustup.rs, then open a new shell"
  wanted=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
  # The folder above, so that an old cargo does not stumble over this project's own configuration.
  version=$(cd / && "$cargo" --version 2>/dev/null | awk '{ print $2 }') || version=
  [ -n "$version" ] || fail "$cargo is there but does not run" \
    "see what \`$cargo --version\` says; with rustup: rustup default stable"
  printf '%s %s\n' "$version" "$wanted" \
    | awk '{ split($1, a, "[.]"); split($2, b, "[.]"); exit !(a[1] > b[1] || (a[1] == b[1] && a[2] + 0 >= b[2] + 0)) }' \
    || fail "cargo is $version, stylescope needs $wanted or newer" \
      "rustup update stable (or, where cargo came from the system's packages: install Rust from https://rustup.rs)"
  # As the cc crate looks for it: CXX, which may carry arguments, or c++.
  if [ -n "${CXX:-}" ]; then
    have "$CXX" || have "${CXX%% *}" || fail "the C++ compiler named by CXX ($CXX) was not found" \
      "unset CXX, or set it to a compiler that is installed"
  elif ! have c++; then
    for compiler in g++ clang++; do
      ! have $compiler || fail "there is $compiler, but it is not known as c++" "export CXX=$compiler, and run it again"
    done
    fail "no C++ compiler was found (c++)" \
      "Debian or Ubuntu: sudo apt install g++; Fedora: sudo dnf install gcc-c++; macOS: xcode-select --install"
  fi
}

# The version of the libtorch in folder $1, or nothing where it cannot be told.
version_in() {
  if [ -f "$1/build-version" ]; then
    sed -n 1p "$1/build-version"
  elif [ -f "$1/version.py" ]; then
    sed -n "s/^__version__ *= *['\"]\([^'\"]*\)['\"].*/\1/p" "$1/version.py"
  elif [ -f "$1/include/torch/headeronly/version.h" ]; then
    awk '$2 ~ /^TORCH_VERSION_(MAJOR|MINOR|PATCH)$/ { v = v sep $3; sep = "." } END { print v }' \
      "$1/include/torch/headeronly/version.h"
  fi
}

# Releases only: an alpha of 2.11 need not have the functions that torch-sys was generated for.
is_right_version() {
  case ${1%%+*} in "$SERIES" | "$SERIES".[0-9] | "$SERIES".[0-9][0-9]) return 0 ;; *) return 1 ;; esac
}

is_whole() {
  [ -f "$1/lib/libtorch_cpu.$SO" ] && [ -f "$1/lib/libc10.$SO" ] && [ -d "$1/include/torch/csrc/api/include" ]
}

# The first library that libtorch_cpu in folder $1 needs and does not find: a torch that was installed
# without what it depends on.
lacks_library() {
  ! have ldd || ldd "$1/lib/libtorch_cpu.$SO" 2>/dev/null | awk '/=> not found/ { print $1; exit }'
}

# Asked for by name, CUDA has to be there; otherwise what is there decides.
lacks_cuda() {
  [ "${STYLESCOPE_CUDA:-}" = 1 ] && [ "$SO" = so ] && [ ! -f "$1/lib/libtorch_cuda.so" ]
}

fits() { is_whole "$1" && is_right_version "$(version_in "$1")" && ! lacks_cuda "$1"; }

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

# The driver's library as well as its device: a container on a GPU machine often has only a trace
# of the driver, and every WSL has /dev/dxg.
has_nvidia_driver() {
  case ${STYLESCOPE_CUDA:-} in
    1) return 0 ;;
    0) return 1 ;;
  esac
  [ -e /proc/driver/nvidia/version ] || [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || return 1
  "$python" -c 'import ctypes; ctypes.CDLL("libcuda.so.1")' >/dev/null 2>&1
}

# Points .libtorch/link at the libtorch in folder $1: made aside and put there whole, so that an
# interruption leaves the old one or none.
point_at() {
  rm -rf "$LINK.new"
  mkdir -p "$LINK.new/lib"
  ln -s "$1/include" "$LINK.new/include"
  # Only these two (libtorch itself is an empty shell around them): so the same binary runs with
  # and without CUDA, and torch-sys, which links torch_cuda where it sees it, does not see it.
  for library in torch_cpu c10; do
    ln -s "$1/lib/lib$library.$SO" "$LINK.new/lib/lib$library.$SO"
  done
  ln -s "$1/lib/libtorch_cpu.$SO" "$LINK.new/lib/libtorch.$SO"
  # torch-sys wants exactly this; a later 2.11 is as good.
  printf '%s\n' "$VERSION" >"$LINK.new/build-version"
  version=$(version_in "$1")
  printf '%s\n' "${version%%+*}" >"$LINK.new/version"
  printf '%s\n' "$1/lib" >"$LINK.new/origin"
  rm -rf "$LINK"
  mv "$LINK.new" "$LINK"
  say "using libtorch from $1/lib"
}

check_disk() { # $1: megabytes needed
  # -Pk and the field before the percentage: what every df has, whatever the disk is called.
  free=$(df -Pk "$HOME_DIR" | awk 'NR == 2 { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^[0-9]+%$/) { print int($i / 1024); exit } }')
  [ -z "$free" ] || [ "$free" -ge "$1" ] || fail "$HOME_DIR has $free MB free; libtorch and the build need $1 MB" \
    "free some space, or set LIBTORCH to a libtorch $VERSION that is on another disk"
}

# One set-up at a time, for two would fetch everything twice.
lock() {
  waiting=
  # noclobber makes the file only where there is none.
  until (set -C && echo $$ >"$LOCK") 2>/dev/null; do
    holder=$(cat "$LOCK" 2>/dev/null) || continue
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -f "$LOCK" # what a killed one left
      continue
    fi
    [ -n "$waiting" ] || say "another set-up (process ${holder:-?}) is at work: waiting for it (if there is none, delete $LOCK)"
    waiting=yes
    sleep 1
  done
  work=$HOME_DIR/work.$$
  trap 'rm -rf "$work" "$LINK.new"; rm -f "$LOCK"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# pip, untouched by settings that are meant for installing into an environment.
pip() {
  command=$1
  shift
  # Any Python's wheels will do, since only libraries and headers are taken; always the same ones, so
  # that a python3 which torch has none for (too old, too new, free-threaded) is no hindrance.
  PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 "$python" -m pip "$command" $quiet --no-cache-dir \
    --only-binary=:all: --python-version 3.12 --implementation cp --abi cp312 "$@" >&2 \
    || fail "pip could not fetch torch $VERSION (its own message is above)" \
      "check the network and the disk and run it again, or set LIBTORCH to a libtorch $VERSION (PyPI has it for Linux with glibc 2.28 or newer and for macOS on Apple silicon)"
}

install_privately() {
  have python3 || fail "python3 was not found, and it is what fetches libtorch" \
    "install python3 with pip (Debian or Ubuntu: sudo apt install python3-pip), or set LIBTORCH to a libtorch $VERSION"
  rm -rf "$HOME_DIR"/work.* # what a killed one left
  mkdir -p "$work/tmp" "$work/site"
  # pip unpacks into TMPDIR, which is often a small memory disk.
  TMPDIR=$work/tmp
  export TMPDIR
  python=python3
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    python3 -m venv "$work/venv" >/dev/null 2>&1 || fail "python3 has neither pip nor a working venv" \
      "Debian or Ubuntu: sudo apt install python3-pip; elsewhere: python3 -m ensurepip"
    python=$work/venv/bin/python3
  fi
  # Its progress is worth seeing on a terminal; elsewhere only what goes wrong.
  quiet=
  [ -t 2 ] || quiet=--quiet
  if [ "$SO" = so ] && has_nvidia_driver; then
    check_disk 12000
    say "installing torch $VERSION with CUDA into .libtorch (about 4.7 GB on disk; once)"
    pip install --no-compile --target "$work/site" "torch==$VERSION"
  else
    check_disk 3000
    say "fetching torch $VERSION into .libtorch (0.5 GB to fetch, 0.5 GB on disk; once)"
    set -- "torch==$VERSION"
    # libtorch_cpu of PyPI's Linux wheels does not start without these two, CUDA or not.
    [ "$SO" != so ] || set -- "$@" "$CUDA_RUNTIME" "$CUDA_CUPTI"
    pip download --no-deps -d "$work" "$@"
    "$python" - "$work" <<'PY' || fail "the fetched wheels could not be unpacked (see above)" "check the disk, and run it again"
import glob, os, sys, zipfile

work = sys.argv[1]
# Python's and CUDA's parts; the rest of torch/lib differs from machine to machine and is needed.
leave = ("libtorch.", "libtorch_python.", "libtorch_global_deps.", "libshm", "libtorch_cuda", "libtorch_nvshmem",
         "libc10_cuda.", "libcaffe2_nvrtc.")

def wanted(name):
    folders, file = name.split("/")[:-1], name.split("/")[-1]
    if folders[:2] == ["torch", "include"] or name == "torch/version.py":
        return True
    if folders[:2] == ["torch", "lib"]:
        return len(folders) == 2 and not file.startswith(leave)
    if folders[:1] == ["nvidia"] and folders[-1] == "lib":
        return file.startswith(("libcudart.", "libcupti."))
    return "licenses" in folders or file in ("LICENSE", "NOTICE")

try:
    for wheel in glob.glob(os.path.join(work, "*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in filter(wanted, archive.namelist()):
                archive.extract(name, os.path.join(work, "site"))
except (OSError, zipfile.BadZipFile) as error:
    sys.exit("setup: %s" % error)
except KeyboardInterrupt:
    sys.exit(130)
PY
  fi
  # shellcheck disable=SC2015 # either one failing is the same failure
  fits "$work/site/torch" && [ -z "$(lacks_library "$work/site/torch")" ] || fail "what pip fetched is no whole torch $VERSION" \
    "run it again; if it stays so, set LIBTORCH to a libtorch $VERSION"
  rm -rf "$SITE"
  mv "$work/site" "$SITE"
}

# Already set up, and nothing asks for another libtorch? What was found once is kept while it is
# there, for another one would have everything linked anew.
is_set_up() {
  [ -f "$LINK/origin" ] && [ -f "$LINK/version" ] && [ -e "$LINK/lib/libtorch_cpu.$SO" ] && [ -e "$LINK/include" ] || return 1
  origin=$(dirname "$(cat "$LINK/origin")")
  fits "$origin" && { [ -z "${LIBTORCH:-}" ] || [ "$(cd "$LIBTORCH" 2>/dev/null && pwd -P)" = "$origin" ]; }
}

case ${STYLESCOPE_CUDA:-} in
  "" | 0 | 1) ;;
  *) fail "STYLESCOPE_CUDA is '$STYLESCOPE_CUDA'" "set it to 1 (with CUDA) or 0 (without), or unset it" ;;
esac
# What .cargo/config.toml sets comes back here when cargo calls make: that is no wish for another.
[ "${LIBTORCH:-}" != "$LINK" ] || LIBTORCH=

if is_set_up; then
  exit 0
fi
check_tools

found=
if [ -n "${LIBTORCH:-}" ]; then
  [ -d "$LIBTORCH" ] || fail "LIBTORCH names $LIBTORCH, which is not a folder" \
    "point it at a libtorch $VERSION (the folder with lib and include), or unset it"
  found=$(cd "$LIBTORCH" && pwd -P)
  is_whole "$found" || fail "LIBTORCH names $LIBTORCH, which has no lib/libtorch_cpu.$SO, lib/libc10.$SO or include/torch" \
    "point it at a libtorch $VERSION (the folder with lib and include), or unset it"
  version=$(version_in "$found")
  is_right_version "$version" || fail "LIBTORCH names $LIBTORCH, which is libtorch ${version:-of unknown version}, not $SERIES" \
    "point it at a libtorch $VERSION, or unset it to have one installed inside this folder"
  library=$(lacks_library "$found")
  [ -z "$library" ] || fail "LIBTORCH names $LIBTORCH, whose libtorch_cpu does not find the $library that it needs" \
    "install what that libtorch needs, or unset LIBTORCH to have one installed inside this folder"
  ! lacks_cuda "$found" || fail "LIBTORCH names $LIBTORCH, which has no CUDA, and STYLESCOPE_CUDA is 1" \
    "unset one of the two"
fi

# shellcheck disable=SC2015 # either one failing is the same failure
mkdir -p "$HOME_DIR" 2>/dev/null && [ -w "$HOME_DIR" ] || fail "cannot write into $HOME_DIR" \
  "work in a clone in a folder that you own"
lock
# The one that it waited for may have done all of it.
if is_set_up; then
  exit 0
fi

if [ -z "$found" ]; then
  found=$(python_torch)
  library=
  if [ -n "$found" ] && { ! fits "$found" || library=$(lacks_library "$found") && [ -n "$library" ]; }; then
    version=$(version_in "$found")
    if ! is_right_version "$version"; then
      say "python3 has torch ${version:-of unknown version}, stylescope needs $SERIES: leaving it alone"
    elif ! is_whole "$found"; then
      say "python3 has torch $version in $found, but not all of its lib and include: leaving it alone"
    elif [ -n "$library" ]; then
      say "python3 has torch $version, whose libtorch_cpu does not find the $library that it needs: leaving it alone"
    else
      say "python3 has torch $version without CUDA: leaving it alone"
    fi
    found=
  fi
fi
if [ -z "$found" ]; then
  fits "$SITE/torch" || install_privately
  found=$SITE/torch
fi
point_at "$found"
