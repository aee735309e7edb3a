#!/bin/sh
# Builds the dev image of one service for skaffold, which says by IMAGE and PUSH_IMAGE how to call it and whether to push
# it: infra/dev/image.sh orders
set -eu
cd "$(dirname "$0")"

./binaries.sh
"${DOCKER:-docker}" build --file Dockerfile --build-arg "SERVICE=$1" --tag "$IMAGE" out
[ "${PUSH_IMAGE:-false}" != true ] || "${DOCKER:-docker}" push "$IMAGE"
