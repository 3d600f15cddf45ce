#!/bin/sh
# Feeds what reads files of others with broken ones: tests/fuzz/run.sh SECONDS_PER_TARGET [TARGET...]
# At most INPUTS of each, where that is in the environment.
# What was found goes into $CARGO_TARGET_DIR/fuzz, or target/fuzz: new inputs into corpus, crashes into crashes.
set -eu
seconds=${1:?"how many seconds for each target?"}
shift
[ $# -gt 0 ] || set -- safetensors zip_checkpoint legacy_checkpoint presets pictures
here=$(cd "$(dirname "$0")" && pwd)
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/../../target}/fuzz
export CARGO_TARGET_DIR
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "cargo-fuzz is not installed" >&2
    echo "  install it: cargo install cargo-fuzz" >&2
    exit 1
fi
# The sanitizers are options that only nightly compilers take, unless they are told so. Nothing here needs
# the libtorch that the wrapper in .cargo asks for.
export RUSTC_BOOTSTRAP=1 RUSTC_WORKSPACE_WRAPPER=
python3 "$here/seeds.py" "$CARGO_TARGET_DIR/seeds"
# Leaks are not looked for: a thread of a decoder that is just ending looks like one.
for target; do
    corpus=$CARGO_TARGET_DIR/corpus/$target
    crashes=$CARGO_TARGET_DIR/crashes/$target
    mkdir -p "$corpus" "$crashes"
    case $target in
    safetensors) words=safetensors.dict ;;
    presets) words=toml.dict ;;
    pictures) words=pictures.dict ;;
    *) words=pickle.dict ;;
    esac
    # These are safe code throughout, and three times as fast without it.
    case $target in
    presets) sanitizer=none ;;
    *) sanitizer=address ;;
    esac
    echo "$target: $seconds seconds"
    (cd "$here" && cargo fuzz run --fuzz-dir . --sanitizer "$sanitizer" "$target" "$corpus" "$CARGO_TARGET_DIR/seeds/$target" -- \
        "-max_total_time=$seconds" "-runs=${INPUTS:--1}" "-dict=$here/$words" "-artifact_prefix=$crashes/" \
        -detect_leaks=0 -timeout=10 -max_len=65536 -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1)
done
# cargo-fuzz makes this folder whether it is used or not.
rmdir "$here"/artifacts/* "$here/artifacts" 2>/dev/null || true
