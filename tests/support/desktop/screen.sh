#!/bin/sh
# Runs a command on a screen that nobody sees. Arguments: its size, as 1280x720; the command.
# -r: no key repeats itself, however long a busy machine takes to hear that it was let go.
number=$(mktemp)
Xvfb -r -displayfd 3 -screen 0 "$1x24" -nolisten tcp 3>"$number" 2>/dev/null &
screen=$!
trap 'kill $screen 2>/dev/null; wait' EXIT
for _ in $(seq 300); do [ -s "$number" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$number")
export DISPLAY
rm -f "$number"
shift
"$@"
