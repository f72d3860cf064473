#!/bin/sh
# Runs a script in a GIMP whose windows are on a screen that nobody sees. Argument: the script.
number=$(mktemp)
Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3>"$number" 2>/dev/null &
screen=$!
trap 'kill $screen 2>/dev/null; wait' EXIT
for _ in $(seq 300); do [ -s "$number" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$number")
export DISPLAY
rm -f "$number"
code="import runpy; runpy.run_path('$1', run_name='__main__')"
gimp -n --no-splash --quit --batch-interpreter python-fu-eval -b "$code"
