#!/bin/sh
# Runs a script in a GIMP without windows of its own, on a screen that nobody sees. Arguments: GIMP's console, the script.
number=$(mktemp)
Xvfb -displayfd 3 -screen 0 900x700x24 -nolisten tcp 3>"$number" 2>/dev/null &
screen=$!
trap 'kill $screen; wait $screen' EXIT
for _ in $(seq 300); do [ -s "$number" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$number")
export DISPLAY
rm -f "$number"
"$1" -i -d -f --quit --batch-interpreter python-fu-eval -b "import runpy; runpy.run_path('$2', run_name='__main__')"
