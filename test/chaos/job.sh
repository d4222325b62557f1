#!/bin/sh
# job.sh SIDE KEY SECONDS OUTPUT
#
# A job that tells on the product: it holds the kernel's lock of its key as long as any process of it lives, and
# appends to SIDE/lines when it starts, whether the lock was free, and when and how it ends. With OUTPUT "file" it
# leaves an output that says who has written it.
side=$1
key=$2
seconds=$3
output=$4
attempt=${SPIRAL_ATTEMPT_DIR%/job}
place=${attempt%/attempts/*}
export CHAOS_SIDE="$side"

tell() {
  read -r uptime _ </proc/uptime
  echo "$1 $key $SPIRAL_TOKEN ${place##*/} $$ $uptime $2" >>"$side/lines"
}

exec 9>>"$side/locks/$key"
if flock -n 9; then tell start alone; else tell start crowded; fi
trap 'kill "$nap" 2>/dev/null; tell end term; exit 143' TERM
sleep "$seconds" &
nap=$!
wait "$nap"
[ "$output" != file ] || echo "$key $SPIRAL_TOKEN" >out/run.txt
tell end ok
