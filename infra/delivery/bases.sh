#!/bin/sh
# Prints the arguments by which `docker buildx bake` takes each base image by the digest that its tag has now, a line for
# each: whatever builds one commit begins with the same.
set -eu

pin() {
  dockerfile=$1
  shift
  sed -n 's/^ARG \([A-Z]*_IMAGE\)=/\1 /p' "$dockerfile" | while read -r argument image; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    for target; do
      echo "--set=$target.args.$argument=$image@$digest"
    done
  done
}

pin Dockerfile auth tickets orders expiration payments sandbox-gateway
pin client/Dockerfile client
