#!/bin/sh
# Start-up, the first picture, the demo, and a comparison of optimisers: benches/run.sh PATH/TO/stylescope [cuda]
#
# Pictures are the drawn ones of `stylescope demo`, or $CONTENT and $STYLE (absolute paths) in the last part. The comparison of
# optimisers needs trained weights (WEIGHTS=squeezenet1_0.safetensors) and is left out without them; FIGURE=/absolute/path.svg
# keeps its figure. Its goal takes $GOAL steps of the preset `reference`: 1000, so that `make bench` ends in time.
set -eu

program=${1:?usage: benches/run.sh PATH/TO/stylescope}
case $program in /*) ;; *) program=$PWD/$program ;; esac
weights=${WEIGHTS:-../shared/data/squeezenet1_0.safetensors}
case $weights in /*) ;; *) weights=$PWD/$weights ;; esac
device=${2:-cpu}
repeats=${REPEATS:-3}
goal_steps=${GOAL:-1000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

now() { date +%s.%N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# Prints a title and the wall-clock seconds of a command, the median of so many.
measure() {
  title=$1
  count=$2
  shift 2
  : >seconds
  for _ in $(seq "$count"); do
    begin=$(now)
    "$@" >/dev/null
    echo "$begin $(now)" | awk '{ printf "%.2f\n", $2 - $1 }' >>seconds
  done
  printf '%-37s %s s\n' "$title" "$(median <seconds)"
}
demo() { "$program" demo --device "$device" "$@"; }
# Total loss of every step in a file of --json lines.
totals() { sed -n 's/.*"event":"step".*"loss":{"total":\([^,]*\),.*/\1/p' "$1"; }

echo "$("$program" --version), $(nproc) cores, $(uname -m), $(date +%Y-%m-%d)"
awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo 2>/dev/null || true
grep -om1 -w -E 'avx512f|avx2' /proc/cpuinfo 2>/dev/null || true
echo "$device; start-up and the first picture: medians of $repeats"
echo
measure "start-up (presets show demo)" "$repeats" "$program" presets show demo
measure "first stylised picture, 224 pixels" "$repeats" demo --size 224 --steps 1 -o first.png
measure "200 steps at 224 pixels, all in all" 1 demo --size 224 -o all.png
measure "the demo as it is" 1 demo -o demo.png

if [ ! -f "$weights" ]; then
  echo
  echo "no weights at $weights: the comparison of optimisers is left out"
  exit 0
fi
echo
echo "the reference program's loss over SqueezeNet features, 128 pixels; the goal is what reference has after $goal_steps steps:"
printf 'extends = "reference"\n[schedule]\nsteps = %d\n' $((goal_steps + 1)) >"reference-$goal_steps.toml"
printf 'extends = "fast"\n[optimizer]\nline_search = "none"\n' >l-bfgs-without-search.toml
run() {
  preset=$1
  name=$(basename "$preset" .toml)
  # The recipe's layers where they lie in SqueezeNet.
  set -- -p "$preset" --weights "$weights" --size 128 --device "$device" --json -o "$name.png" --runs runs \
    --set image.fit=longer --set network.name=squeezenet1_0 --set 'content.layers={ fire5 = 1.0 }' \
    --set 'style.layers={ conv1 = 1.0, fire2 = 0.8, fire3 = 0.5, fire4 = 0.3, fire5 = 0.1 }'
  if [ -n "${CONTENT:-}" ] && [ -n "${STYLE:-}" ]; then
    "$program" run "$CONTENT" "$STYLE" "$@" >"$name.jsonl"
  else
    "$program" demo "$@" >"$name.jsonl"
  fi
}
goal=
for preset in "./reference-$goal_steps.toml" reference-fast fast ./l-bfgs-without-search.toml; do
  run "$preset"
  name=$(basename "$preset" .toml)
  goal=${goal:-$(totals "$name.jsonl" | tail -n 1)}
  sed -n 's/.*"event":"step","step":\([0-9]*\),"seconds":\([^,]*\),.*"loss":{"total":\([^,]*\),.*/\1 \2 \3/p' "$name.jsonl" |
    awk -v goal="$goal" -v name="$name" '
      $3 + 0 <= goal + 0 && !found { found = 1; printf "  %-24s step %4d, %6.2f s, loss %.4g\n", name, $1, $2, $3 }
      END { if (!found) { printf "  %-24s not there after %d steps\n", name, NR; exit 1 } }'
done
# The same as a figure, with curves and pictures; its table ends with these steps and times.
"$program" report runs/*/ --runs runs -o figure.svg >/dev/null
if [ -n "${FIGURE:-}" ]; then cp figure.svg "$FIGURE"; fi
