#!/bin/sh
# All figures of `make bench` in one go, and how long each part took: benches/all.sh PATH/TO/stylescope [cuda]
set -eu

program=${1:?usage: benches/all.sh PATH/TO/stylescope [cuda]}
device=${2:-cpu}
here=$(dirname "$0")
case $device in
  cpu) sizes=64,256,512 cost=1024,2048 ;;
  *) sizes=64,256,512,1024 cost=2048 ;;
esac

began=$(date +%s)
took=
failed=
# One that fails leaves the others their turn.
part() {
  name=$1
  shift
  begin=$(date +%s)
  "$@" || failed="$failed $name"
  took="$took $name $(($(date +%s) - begin)) s,"
}

part run.sh "$here/run.sh" "$program" "$device"
part pytorch.py python3 "$here/pytorch.py" "$program" --device "$device" --sizes "$sizes" --cost "$cost"
part lanes.py python3 "$here/lanes.py" "$program" --device "$device"
part dashboard.py python3 "$here/dashboard.py" "$program" --device "$device"
echo
echo "all in all $(($(date +%s) - began)) s:${took%,}"
if [ -n "$failed" ]; then
  echo "failed:$failed" >&2
  exit 1
fi
