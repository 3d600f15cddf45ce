#!/bin/sh
# The figures of benches/RESULTS.md: benches/run.sh PATH/TO/stylescope
#
# Pictures are the drawn ones of `stylescope demo`, or $CONTENT and $STYLE (absolute paths) in the last part. The comparison of optimisers needs trained weights
# (WEIGHTS=squeezenet1_0.safetensors) and is left out without them. Ends in a few minutes on two cores.
set -eu

program=${1:?usage: benches/run.sh PATH/TO/stylescope}
case $program in /*) ;; *) program=$PWD/$program ;; esac
weights=${WEIGHTS:-../shared/data/squeezenet1_0.safetensors}
case $weights in /*) ;; *) weights=$PWD/$weights ;; esac
repeats=${REPEATS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

now() { date +%s.%N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# Wall-clock seconds of a command, the median of several.
seconds() {
  for _ in $(seq "$repeats"); do
    begin=$(now)
    "$@" >/dev/null
    echo "$begin $(now)" | awk '{ printf "%.2f\n", $2 - $1 }'
  done | median
}
# Total loss of every step in a file of --json lines.
totals() { sed -n 's/.*"event":"step".*"loss":{"total":\([^,]*\),.*/\1/p' "$1"; }

echo "$("$program" --version), $(nproc) cores, $(uname -m), $(date +%Y-%m-%d)"
awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo 2>/dev/null || true
grep -om1 -w -E 'avx512f|avx2' /proc/cpuinfo 2>/dev/null || true
echo "medians of $repeats"
echo
echo "start-up (presets show demo)          $(seconds "$program" presets show demo) s"
echo "first stylised picture, 224 pixels    $(seconds "$program" demo --size 224 --steps 1 -o first.png) s"
echo "200 steps at 224 pixels, all in all   $(seconds "$program" demo --size 224 -o all.png) s"
echo "the demo as it is                     $(seconds "$program" demo -o demo.png) s"

if [ ! -f "$weights" ]; then
  echo
  echo "no weights at $weights: the comparison of optimisers is left out"
  exit 0
fi
echo
echo "the reference program's loss over SqueezeNet features, 128 pixels:"
run() {
  preset=$1
  shift
  # The recipe's layers where they lie in SqueezeNet.
  set -- -p "$preset" --weights "$weights" --size 128 --json -o "$preset.png" \
    --set image.fit=longer --set network.name=squeezenet1_0 --set 'content.layers={ fire5 = 1.0 }' \
    --set 'style.layers={ conv1 = 1.0, fire2 = 0.8, fire3 = 0.5, fire4 = 0.3, fire5 = 0.1 }' "$@"
  if [ -n "${CONTENT:-}" ] && [ -n "${STYLE:-}" ]; then
    "$program" run "$CONTENT" "$STYLE" "$@"
  else
    "$program" demo "$@"
  fi
}
run reference --steps 4501 >reference.jsonl
run reference-fast >fast.jsonl
goal=$(totals reference.jsonl | tail -n 1)
echo "  reference after 4500 steps          $goal"
totals fast.jsonl | awk -v goal="$goal" '
  $1 + 0 <= goal + 0 && !found { found = 1; step = NR - 1 }
  END {
    if (found) printf "  reference-fast is there at step     %d\n", step
    else { printf "  reference-fast is not there after   %d steps\n", NR; exit 1 }
  }'
