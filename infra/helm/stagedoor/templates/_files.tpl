{{/*
What is the same everywhere is written once, in infra/k8s and beside it, and read from there through the links in
files/. Whatever a value changes is set in what was read.
*/}}

{{/* The text of a file: the context, and a path below files/. */}}
{{- define "stagedoor.file" -}}
{{- $path := printf "files/%s" (last .) }}
{{- required (printf "there is no %s" $path) ((first .).Files.Get $path) }}
{{- end }}

{{/* An object as YAML: the context, and the object. It gets the namespace and the labels of the release. */}}
{{- define "stagedoor.object" -}}
{{- $root := first . }}
{{- $object := last . }}
{{- $labels := fromYaml (include "library.releaseLabels" $root) }}
{{- $metadata := merge (dict "namespace" $root.Release.Namespace "labels" $labels) $object.metadata }}
---
{{ toYaml (set $object "metadata" $metadata) }}
{{- end }}

{{/* All objects of a file as they are: the context, and a path below files/k8s. */}}
{{- define "stagedoor.objects" -}}
{{- $root := first . }}
{{- range splitList "\n---\n" (include "stagedoor.file" (list $root (printf "k8s/%s" (last .)))) }}
{{ include "stagedoor.object" (list $root (fromYaml .)) }}
{{- end }}
{{- end }}

{{/* A ConfigMap: the context, its name, and its data. */}}
{{- define "stagedoor.config" -}}
{{- $metadata := dict "name" (index . 1) }}
{{- $object := dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" (last .) }}
{{- include "stagedoor.object" (list (first .) $object) }}
{{- end }}

{{/*
Labels pods and their disks as parts of Stagedoor, and annotates pods with a checksum, so that they are replaced when what
they read at their start changes: the object that makes them, and what they read.
*/}}
{{- define "stagedoor.markPods" -}}
{{- $spec := (first .).spec }}
{{- $_ := set $spec.template.metadata.labels "app.kubernetes.io/part-of" "stagedoor" }}
{{- $_ := set $spec.template.metadata "annotations" (dict "checksum/config" (sha256sum (toJson (last .)))) }}
{{- range $spec.volumeClaimTemplates }}
{{- $_ := set .metadata "labels" (dict "app.kubernetes.io/part-of" "stagedoor") }}
{{- end }}
{{- end }}

{{/* Spreads the pods of a StatefulSet over zones and machines. */}}
{{- define "stagedoor.spread" -}}
{{- $selector := .spec.selector }}
{{- $zones := dict "maxSkew" 1 "topologyKey" "topology.kubernetes.io/zone" "whenUnsatisfiable" "DoNotSchedule" "labelSelector" $selector }}
{{- $machines := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" $selector }}
{{- $_ := set .spec.template.spec "topologySpreadConstraints" (list $zones) }}
{{- $_ := set .spec.template.spec "affinity" (dict "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $machines))) }}
{{- end }}

{{/* Sets the size of the one disk of a StatefulSet: the object, and the size. */}}
{{- define "stagedoor.setStorage" -}}
{{- $claim := first (first .).spec.volumeClaimTemplates }}
{{- $_ := set $claim.spec.resources.requests "storage" (last .) }}
{{- end }}
