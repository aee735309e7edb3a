// All images at once: docker buildx bake
// The services share one compilation, which a `docker build` for each of them would only share through the cache.

variable "REGISTRY" { default = "stagedoor" }
variable "TAG" { default = "dev" }
variable "SOURCE" { default = "unknown" }
variable "VERSION" { default = "unknown" }
variable "REVISION" { default = "unknown" }
variable "CREATED" { default = "1970-01-01T00:00:00Z" }

group "default" {
  targets = ["service", "client"]
}

target "labels" {
  args = {
    SOURCE   = SOURCE
    VERSION  = VERSION
    REVISION = REVISION
    CREATED  = CREATED
  }
}

target "service" {
  name     = SERVICE
  matrix   = { SERVICE = ["auth", "tickets", "orders", "expiration", "payments", "sandbox-gateway"] }
  inherits = ["labels"]
  args     = { SERVICE = SERVICE }
  tags     = ["${REGISTRY}/${SERVICE}:${TAG}"]
}

target "client" {
  inherits = ["labels"]
  context  = "client"
  tags     = ["${REGISTRY}/client:${TAG}"]
}
