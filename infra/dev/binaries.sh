#!/bin/sh
# Builds the binaries of all services incrementally on this machine, and puts those that have changed into infra/dev/out,
# from where the inner loop copies them into containers. Where this machine is no Linux, or STAGEDOOR_BUILD=container says
# so because its C library is newer than that of the container, a container builds, which keeps its caches in volumes.
set -eu
cd "$(dirname "$0")/../.."

services="auth tickets orders expiration payments"
binaries="$services sandbox-gateway"
packages=$(for service in $services; do printf -- '--package %s ' "$service"; done)
image=${RUST_IMAGE:-docker.io/library/rust:1.95-bookworm}
out=infra/dev/out
mkdir -p "$out"

# shellcheck disable=SC2086 # words on purpose
if [ "$(uname -s)" = Linux ] && [ "${STAGEDOOR_BUILD:-host}" = host ]; then
  cargo build --quiet --locked --bins $packages
  built=${CARGO_TARGET_DIR:-target}/debug
else
  mkdir -p "$out/built"
  "${DOCKER:-docker}" run --rm --volume "$PWD:/src:ro" --volume "$PWD/$out/built:/built" --workdir /src \
    --volume stagedoor-registry:/usr/local/cargo/registry --volume stagedoor-target:/target "$image" sh -euc "
      CARGO_TARGET_DIR=/target cargo build --quiet --locked --bins $packages
      cd /target/debug && cp -p $binaries /built/"
  built=$out/built
fi

cmp -s infra/dev/restart.sh "$out/restart.sh" || cp infra/dev/restart.sh "$out/restart.sh"
for binary in $binaries; do
  # The files in $out are renamed into place, so that nobody copies a half of one.
  if [ ! -e "$out/$binary" ] || [ "$built/$binary" -nt "$out/$binary" ]; then
    strip --strip-debug -o "$out/.$binary" "$built/$binary" 2>/dev/null || cp "$built/$binary" "$out/.$binary"
    mv "$out/.$binary" "$out/$binary"
  fi
done
