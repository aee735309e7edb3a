{{/*
All templates here take a dict: `root`, the context of the chart; `name`, of the service; `service`, its values.
*/}}

{{- define "library.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* What pods are labelled with. */}}
{{- define "library.podLabels" -}}
{{ include "library.selector" . }}
app.kubernetes.io/component: {{ .service.component }}
app.kubernetes.io/part-of: stagedoor
{{- end }}

{{/* What is known of every object of a release, whoever wrote it. */}}
{{- define "library.releaseLabels" -}}
app.kubernetes.io/part-of: stagedoor
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "library.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "library.selector" . | nindent 2 }}
  app.kubernetes.io/component: {{ .service.component }}
  {{- include "library.releaseLabels" .root | nindent 2 }}
{{- end }}
