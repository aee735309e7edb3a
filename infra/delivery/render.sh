#!/bin/sh
# Reads lines `image reference` and prints the objects of OVERLAY with these images, as JSON; with components of
# infra/k8s/components, if any are named:
#   infra/delivery/render.sh [component …] <digests.txt
set -eu
cd "$(dirname "$0")/.."

digests=$(cat)
directory=$(mktemp -d ./.release.XXXXXX)
trap 'rm -r "$directory"' EXIT
{
  echo "resources: [../${OVERLAY:-k8s/overlays/prod}]"
  echo "components:"
  for component in "$@"; do echo "  - ../k8s/components/$component"; done
} >"$directory/kustomization.yaml"
kubectl kustomize "$directory" | kubectl create --dry-run=client --validate=false --filename - --output json \
  | jq --slurp --arg digests "$digests" --from-file delivery/images.jq
