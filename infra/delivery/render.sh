#!/bin/sh
# Reads lines `image reference` and prints the manifests of OVERLAY with these images:
#   infra/delivery/render.sh <digests.txt
set -eu
cd "$(dirname "$0")/.."

directory=$(mktemp -d ./.release.XXXXXX)
trap 'rm -r "$directory"' EXIT
{
  echo "resources: [../${OVERLAY:-k8s/overlays/prod}]"
  echo "images:"
  while read -r image reference; do
    echo "  - { name: stagedoor/$image, newName: ${reference%@*}, digest: ${reference#*@} }"
  done
} >"$directory/kustomization.yaml"
kubectl kustomize "$directory"
