#!/bin/sh
# Prints a line `image reference` for each image of COMMIT in REGISTRY, the reference by digest. Fails unless the workflow
# that builds images has signed it: IDENTITY is what its certificate begins with.
set -eu

prefix=$(printf %s "$REGISTRY" | tr '[:upper:]' '[:lower:]')
for image in auth tickets orders expiration payments sandbox-gateway client; do
  digest=$(docker buildx imagetools inspect "$prefix/$image:$COMMIT" --format '{{.Manifest.Digest}}')
  cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
    --certificate-identity-regexp "^$IDENTITY" "$prefix/$image@$digest" >/dev/null
  echo "$image $prefix/$image@$digest"
done
