{{/*
The template of every pod.
Takes root; component: api, worker or migrate, whose values it reads; program: the file that runs.
*/}}
{{- define "platform.pod" -}}
{{- $values := .root.Values -}}
{{- $own := get $values .component -}}
{{- $serves := ne .component "migrate" -}}
metadata:
  labels:
    {{- include "platform.labels" . | nindent 4 }}
  {{- if $serves }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9100"
    prometheus.io/path: /metrics
  {{- end }}
spec:
  # The platform never asks the cluster for anything.
  automountServiceAccountToken: false
  # Else a Service called redis would set REDIS_PORT.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $serves }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "platform.selector" $ | nindent 10 }}
      # Those of the version before are on their way out.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- else }}
  restartPolicy: Never
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    # Files of the Secret belong to root and to this group.
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: {{ .component }}
      image: "{{ $values.image.repository }}{{ with $values.image.digest }}@{{ . }}{{ else }}:{{ $values.image.tag | default .root.Chart.AppVersion }}{{ end }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      # Without a shell before it, Bun is the process that gets the signals.
      command: [bun, {{ .program }}]
      env:
        {{- include "platform.environment" . | trim | nindent 8 }}
      {{- if $serves }}
      ports:
        {{- if eq .component "api" }}
        - { name: http, containerPort: 8001, protocol: TCP }
        {{- end }}
        - { name: metrics, containerPort: 9100, protocol: TCP }
      {{- include "platform.probes" . | nindent 6 }}
      {{- end }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: secret, mountPath: /run/secrets/platform, readOnly: true }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: secret
      secret:
        secretName: {{ $values.secret.name }}
        # 0400
        defaultMode: 256
        items:
          {{- range $values.secret.keys }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
    - name: tmp
      # Its bytes count as the container's memory.
      emptyDir: { medium: Memory, sizeLimit: 64Mi }
{{- end -}}

{{/* On the port of the metrics: clients can't keep it busy, and a worker has it too. */}}
{{- define "platform.probes" -}}
# A start waits a minute for PostgreSQL.
startupProbe:
  httpGet: { path: /health, port: metrics }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
# It does not ask the database: a restart would not bring that back.
livenessProbe:
  httpGet: { path: /health, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /health/ready, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{/* The settings of all pods, then those of the component: by set, since merge takes false and 0 for missing. */}}
{{- define "platform.environment" -}}
{{- $own := get .root.Values .component -}}
{{- $settings := deepCopy .root.Values.settings -}}
{{- range $name, $value := $own.settings -}}
{{- $_ := set $settings $name $value -}}
{{- end -}}
{{- if eq .component "api" -}}
{{- $service := printf "%s-api.%s" (include "platform.name" .root) .root.Release.Namespace -}}
{{- $hosts := list $service (printf "%s.svc" $service) (printf "%s.svc.cluster.local" $service) -}}
{{- $named := list .root.Values.ingress.host $settings.PUBLIC_HOSTS -}}
{{- $_ := set $settings "PUBLIC_HOSTS" (concat $named $hosts | compact | join ",") -}}
{{- $_ := set $settings "PORT" 8001 -}}
{{- end -}}
{{- if ne .component "migrate" -}}
{{- $_ := set $settings "METRICS_PORT" 9100 -}}
{{- end -}}
{{- range $name, $value := $settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- range .root.Values.secret.keys }}
- { name: {{ . }}_FILE, value: /run/secrets/platform/{{ . }} }
{{- end }}
{{- end -}}
