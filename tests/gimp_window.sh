#!/bin/sh
# Starts GIMP on a screen that nobody sees, and the artist who sits in front of it. To be run below dbus-run-session.
# Arguments: the script to run in GIMP; the artist's program. Both find their order in NST_WINDOW.
number=$(mktemp)
Xvfb -displayfd 3 -screen 0 "${NST_SCREEN:-1280x720x24}" -nolisten tcp 3>"$number" 2>/dev/null &
screen=$!
trap 'kill $screen; wait $screen' EXIT
for _ in $(seq 300); do [ -s "$number" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$number")
export DISPLAY
rm -f "$number"

gimp -n --no-splash --quit --batch-interpreter python-fu-eval -b "exec(open('$1').read())" &
gimp=$!
trap 'kill $gimp $screen 2>/dev/null; wait' EXIT
python3 "$2" || exit 1
wait $gimp
