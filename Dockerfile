# The image of each Rust service, and of the sandbox gateway:
#
#   docker build --build-arg SERVICE=orders --tag stagedoor/orders:0.1.0 .
#
# All binaries are built together in one stage, so that building seven images compiles once; only the last stage
# knows which of them it is for. infra/images.md has the sizes, and says how to run what comes out.

# The version of rust-toolchain.toml. Production gives both images by digest.
ARG RUST_IMAGE=docker.io/library/rust:1.95-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
# The caches outlive the build, so that another one compiles only what has changed. What is in them is not in
# the image, hence the copies. An architecture has its own, as they are not told apart by path.
ARG TARGETARCH
RUN --mount=type=cache,id=stagedoor-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=stagedoor-target-${TARGETARCH},target=/src/target,sharing=locked \
    cargo build --profile image --locked --bins \
      --package auth --package tickets --package orders --package expiration --package payments \
 && mkdir /binaries \
 && cd target/image \
 && cp auth tickets orders expiration payments sandbox-gateway /binaries/

FROM ${RUNTIME_IMAGE}
ARG SERVICE
ARG SOURCE=unknown
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="stagedoor/${SERVICE}" \
      org.opencontainers.image.description="The service ${SERVICE} of Stagedoor, a resale marketplace for tickets" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /binaries/${SERVICE} /usr/local/bin/stagedoor
ENV PORT=8080 INTERNAL_PORT=9090 LOG_FORMAT=json
EXPOSE 8080 9090
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/stagedoor"]
