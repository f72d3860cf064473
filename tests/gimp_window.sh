#!/bin/sh
# Starts GIMP on a screen that nobody sees, presses Return in the filter's dialog, then undo in the image's window.
# Arguments: the script to run in GIMP; the file that appears when the filter is done; a file for a picture of the dialog.
number=$(mktemp)
Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3>"$number" 2>/dev/null &
screen=$!
trap 'kill $screen; wait $screen' EXIT
for _ in $(seq 100); do [ -s "$number" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$number")
export DISPLAY
rm -f "$number"

gimp -n --no-splash --quit --batch-interpreter python-fu-eval -b "exec(open('$1').read())" &
gimp=$!
trap 'kill $gimp $screen 2>/dev/null; wait' EXIT

await() { # until a command succeeds, for a minute
    for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done
    echo "waited in vain for: $*" >&2
    exit 1
}

await xdotool search --name '^Neural Style$'
dialog=$(xdotool search --name '^Neural Style$' | tail -n 1)
sleep 1
import -window root "$3"
xdotool windowfocus --sync "$dialog" key Return
await test -e "$2"
window=$(xdotool search --onlyvisible --name ' GIMP$' | tail -n 1)
# A window that is still being drawn loses keys. One undo too many does nothing: there is only one step.
for _ in $(seq 60); do
    kill -0 $gimp 2>/dev/null || break
    xdotool windowfocus --sync "$window" key ctrl+z
    sleep 1
done
wait $gimp
