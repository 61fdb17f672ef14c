package main

import (
	"bytes"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// The manifests are what the types of Kubernetes read, with no member that they do not
// know, and run the image of the release without a shell and without root.
func TestManifests(t *testing.T) {
	var pods []core.PodSpec
	for _, path := range []string{"licseald/kubernetes.yaml", "bulk-job.yaml", "pipelines/helm-pre-upgrade.yaml", "pipelines/init-container.yaml"} {
		for _, text := range bytes.Split(testenv.ReadFile(t, "../../docs/"+path), []byte("\n---\n")) {
			var kind struct {
				Kind string `json:"kind"`
			}
			if err := yaml.Unmarshal(text, &kind); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			deployment, job, claim, service, part := new(apps.Deployment), new(batch.Job), new(core.PersistentVolumeClaim), new(core.Service), new(core.Pod)
			into, ok := map[string]any{"Deployment": deployment, "Job": job, "PersistentVolumeClaim": claim, "Service": service, "": part}[kind.Kind]
			if !ok {
				t.Fatalf("%s: %s", path, kind.Kind)
			}
			if err := yaml.UnmarshalStrict(text, into); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, pod := range []core.PodSpec{deployment.Spec.Template.Spec, job.Spec.Template.Spec, part.Spec} {
				if len(pod.Containers)+len(pod.InitContainers) > 0 {
					pods = append(pods, pod)
				}
			}
		}
	}
	if len(pods) != 4 {
		t.Fatalf("%d pods", len(pods))
	}
	for _, pod := range pods {
		for _, container := range append(pod.Containers, pod.InitContainers...) {
			if container.Image != "registry.example/licseal:v0.9.0" {
				t.Errorf("%s runs %s", container.Name, container.Image)
			}
			if len(container.Command) > 0 && container.Command[0] != "/licseald" {
				t.Errorf("%s begins with %v", container.Name, container.Command)
			}
			for _, probe := range []*core.Probe{container.LivenessProbe, container.ReadinessProbe, container.StartupProbe} {
				if probe != nil && probe.Exec != nil {
					t.Errorf("%s runs %v as a probe", container.Name, probe.Exec.Command)
				}
			}
		}
	}
}
