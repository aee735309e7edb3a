#!/bin/sh
# Runs binaries.sh whenever a source has changed, in the background, until the process that started it ends. skaffold
# starts it after each deployment, as it does not know which sources a binary is made of; there is one at a time.
set -eu
cd "$(dirname "$0")/../.."

dev=infra/dev/out
sources="Cargo.toml Cargo.lock */Cargo.toml common/src auth/src tickets/src orders/src expiration/src payments/src"

watch() {
  owner=$1
  touch -t 198001010000 "$dev/.built"
  while kill -0 "$owner" 2>/dev/null; do
    touch "$dev/.looked"
    # shellcheck disable=SC2086 # words on purpose
    if [ -n "$(find $sources infra/dev/restart.sh -type f -newer "$dev/.built" | head -n 1)" ]; then
      mv "$dev/.looked" "$dev/.built"
      infra/dev/binaries.sh || echo "infra/dev/watch.sh: the build failed; it is tried again at the next change"
    fi
    sleep 0.3
  done
}

if [ -e "$dev/.watcher" ] && kill -0 "$(cat "$dev/.watcher")" 2>/dev/null; then exit 0; fi
# What cargo says goes to the terminal, and where there is none to a file: skaffold waits for whoever holds its pipes.
log=$dev/.watch.log
if (: >/dev/tty) 2>/dev/null; then log=/dev/tty; fi
watch "$PPID" >"$log" 2>&1 </dev/null &
echo $! >"$dev/.watcher"
