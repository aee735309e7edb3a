{{/*
Takes `configs` besides: the names of the ConfigMaps that the container reads, and `checksum`, of what is in them. The
life of a pod is told in infra/k8s/components/service/service.patch.yaml.
*/}}
{{- define "library.deployment" -}}
{{- $service := .service }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "library.metadata" . | nindent 2 }}
spec:
  {{- if not $service.autoscaling }}
  replicas: {{ $service.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 300
  minReadySeconds: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "library.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "library.podLabels" . | nindent 8 }}
      annotations:
        checksum/config: {{ .checksum }}
    spec:
      serviceAccountName: {{ .name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $service.terminationGraceSecs }}
      securityContext:
        {{- include "library.podSecurity" . | nindent 8 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: {{ .root.Values.zones }}
          labelSelector:
            matchLabels:
              {{- include "library.selector" . | nindent 14 }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "library.selector" . | nindent 14 }}
      containers:
        - name: {{ .name }}
          image: {{ include "library.image" . }}
          imagePullPolicy: IfNotPresent
          envFrom:
            {{- range .configs }}
            - configMapRef:
                name: {{ . }}
            {{- end }}
          ports:
            {{- range $service.containerPorts }}
            - name: {{ .name }}
              containerPort: {{ .number }}
            {{- end }}
          securityContext:
            {{- include "library.containerSecurity" . | nindent 12 }}
          {{- include "library.probes" $service.probes | nindent 10 }}
          lifecycle:
            preStop:
              sleep:
                seconds: 5
          resources:
            {{- toYaml $service.resources | nindent 12 }}
          volumeMounts:
            {{- if $service.hasSecrets }}
            - name: secrets
              mountPath: /etc/stagedoor/secrets
              readOnly: true
            {{- end }}
            {{- range $service.scratch }}
            - name: {{ .name }}
              mountPath: {{ .path }}
            {{- end }}
      volumes:
        {{- if $service.hasSecrets }}
        - name: secrets
          secret:
            secretName: {{ .name }}-secrets
            defaultMode: {{ 0440 }}
        {{- end }}
        {{- range $service.scratch }}
        - name: {{ .name }}
          emptyDir:
            sizeLimit: {{ .size }}
        {{- end }}
{{- end }}

{{- define "library.probes" -}}
startupProbe:
  httpGet:
    path: {{ .livePath }}
    port: {{ .port }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ .startupAttempts }}
livenessProbe:
  httpGet:
    path: {{ .livePath }}
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: {{ .readyPath }}
    port: {{ .port }}
  periodSeconds: {{ .readyPeriodSecs }}
  timeoutSeconds: 2
  failureThreshold: 2
{{- end }}
