#!/usr/bin/env bash
# Shows the kiosk's page in Chromium, full screen, once the page answers. linqu-screen.service runs it inside cage.
#   LINQU_PORT=8000               where the kiosk's pages are, on this machine
#   LINQU_SCREEN_PATH=/           the first page
#   LINQU_SCREEN_TRANSFORM=90     turn the picture (wlr-randr's words: normal, 90, 180, 270)
set -euo pipefail

port=${LINQU_PORT:-8000}
path=${LINQU_SCREEN_PATH:-/}
profile=${RUNTIME_DIRECTORY:-$(mktemp -d)}/chromium

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

turn_picture() {
    local output
    command -v wlr-randr >/dev/null || { echo "wlr-randr is missing: the picture stays as it is" >&2; return; }
    output=$(wlr-randr | awk 'NR == 1 { print $1 }')
    wlr-randr --output "$output" --transform "$LINQU_SCREEN_TRANSFORM"
}

if [ -n "${LINQU_SCREEN_TRANSFORM:-}" ]; then turn_picture; fi
until answers; do sleep 0.2; done

flags=(
    --kiosk
    --ozone-platform-hint=auto
    --user-data-dir="$profile"
    --no-first-run
    --no-default-browser-check
    --noerrdialogs
    --password-store=basic
    --autoplay-policy=no-user-gesture-required
    --disable-background-networking
    --disable-component-update
    --disable-domain-reliability
    --disable-extensions
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication"
    --disable-pinch
    --disable-session-crashed-bubble
    --disable-sync
    --overscroll-history-navigation=0
    --touch-events=enabled
)
exec /usr/bin/chromium "${flags[@]}" "http://127.0.0.1:$port$path"
