// Package kubernetes checks the manifests in docs with the types of the Kubernetes API.
package kubernetes

import (
	"os"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// job reads the Job that signs, as a server of the API reads it: a field that is unknown,
// given twice or of another type is an error.
func job(text []byte) (*batchv1.Job, error) {
	var j batchv1.Job
	return &j, yaml.UnmarshalStrict(text, &j)
}

// The Job that signs a batch is one, and its values are among those that the API has.
func TestBulkJob(t *testing.T) {
	text, err := os.ReadFile("../../docs/bulk-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := job(text)
	if err != nil {
		t.Fatal(err)
	}
	spec, pod := j.Spec, j.Spec.Template.Spec
	if j.APIVersion != batchv1.SchemeGroupVersion.String() || j.Kind != "Job" || j.Name == "" {
		t.Errorf("it is a %s of %s, %q", j.Kind, j.APIVersion, j.Name)
	}
	if spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion {
		t.Error("its pods have no numbers")
	}
	if pod.RestartPolicy != corev1.RestartPolicyNever { // podFailurePolicy requires it
		t.Errorf("the restart policy is %q", pod.RestartPolicy)
	}
	if spec.BackoffLimitPerIndex == nil || spec.MaxFailedIndexes == nil || *spec.MaxFailedIndexes > *spec.Completions {
		t.Error("a pod that fails is not started again, or the Job ends before the others")
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	var names []string
	for _, c := range pod.Containers {
		names = append(names, c.Name)
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("container %s mounts %s, which is no volume", c.Name, m.Name)
			}
		}
		for name, limit := range c.Resources.Limits {
			if request := c.Resources.Requests[name]; request.Cmp(limit) > 0 {
				t.Errorf("container %s requests more %s than its limit", c.Name, name)
			}
		}
	}
	for _, rule := range spec.PodFailurePolicy.Rules {
		on := rule.OnExitCodes
		if rule.Action != batchv1.PodFailurePolicyActionFailIndex || on.Operator != batchv1.PodFailurePolicyOnExitCodesOpIn ||
			!slices.Contains(names, *on.ContainerName) || !slices.IsSorted(on.Values) || slices.Contains(on.Values, 0) {
			t.Errorf("the rule %+v", rule)
		}
	}
}

// The check finds what a server would refuse.
func TestBulkJobCheckBites(t *testing.T) {
	text, err := os.ReadFile("../../docs/bulk-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		"completionMode:": "completitionMode:", "parallelism: 8": "parallelism: many", "volumeMounts:": "volumeMount:",
		"parallelism: 8\n": "parallelism: 8\n  parallelism: 8\n", "memory: 128Mi}\n": "memory: a lot}\n",
	} {
		changed := strings.Replace(string(text), old, wrong, 1)
		if changed == string(text) {
			t.Fatalf("it has no %q", old)
		}
		if _, err := job([]byte(changed)); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}
