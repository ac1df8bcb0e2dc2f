// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"slices"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) sdk.Time { return sdk.NewTime(now.Add(-d)) }

// pod returns a pod that is running and ready since an hour on a node of its
// own, changed by edit.
func pod(name string, edit ...func(*Pod)) *Pod {
	p := &Pod{}
	p.Name, p.Namespace, p.UID = name, "default", "uid-"+name
	p.Labels = sdk.Labels{{Key: "app", Value: "web"}}
	p.CreationTimestamp = ago(time.Hour)
	p.Spec.NodeName = "node-of-" + name
	p.Status.Phase = phaseRunning
	ready("True", ago(time.Hour))(p)
	for _, e := range edit {
		e(p)
	}
	return p
}

func ready(status string, since sdk.Time) func(*Pod) {
	return func(p *Pod) {
		p.Status.Conditions = []PodCondition{{Type: "Ready", Status: status, LastTransitionTime: since}}
	}
}

func onNode(name string) func(*Pod)       { return func(p *Pod) { p.Spec.NodeName = name } }
func inPhase(phase string) func(*Pod)     { return func(p *Pod) { p.Status.Phase = phase } }
func cost(value string) func(*Pod)        { return func(p *Pod) { p.Cost.Annotations.Value = value } }
func created(since sdk.Time) func(*Pod)   { return func(p *Pod) { p.CreationTimestamp = since } }
func labeled(l sdk.Labels) func(*Pod)     { return func(p *Pod) { p.Labels = l } }
func deletedAt(since sdk.Time) func(*Pod) { return func(p *Pod) { p.DeletionTimestamp = since } }

func restarted(counts ...int32) func(*Pod) {
	return func(p *Pod) {
		for _, n := range counts {
			p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, ContainerStatus{RestartCount: n})
		}
	}
}

func initRestarted(policy string, count int32) func(*Pod) {
	return func(p *Pod) {
		p.Spec.InitContainers = append(p.Spec.InitContainers, InitContainer{Name: "init", RestartPolicy: policy})
		p.Status.InitContainerStatuses = []ContainerStatus{{Name: "init", RestartCount: count}}
	}
}

func TestFirstToDelete(t *testing.T) {
	// Every case names the pods so that the order of the names and the order
	// in which they are given are both the wrong one: the first to be deleted
	// is called "z" and given last.
	tests := map[string]struct {
		reason string
		pods   []*Pod
		want   []string
	}{
		"Unassigned": {
			reason: "a pod without node goes before a running one",
			pods:   []*Pod{pod("a"), pod("z", onNode(""))},
			want:   []string{"z", "a"},
		},
		"UnassignedBeforePhase": {
			reason: "assignment counts more than the phase",
			pods:   []*Pod{pod("a", inPhase(phasePending)), pod("z", onNode(""))},
			want:   []string{"z", "a"},
		},
		"Phase": {
			reason: "pending, then unknown, then running",
			pods:   []*Pod{pod("a"), pod("y", inPhase("Unknown")), pod("z", inPhase(phasePending))},
			want:   []string{"z", "y", "a"},
		},
		"NotReady": {
			reason: "a pod that is not ready goes before a ready one, also an older one",
			pods:   []*Pod{pod("a"), pod("z", ready("False", ago(time.Minute)), created(ago(48*time.Hour)))},
			want:   []string{"z", "a"},
		},
		"NoReadyCondition": {
			reason: "a pod without the condition is not ready",
			pods:   []*Pod{pod("a"), pod("z", func(p *Pod) { p.Status.Conditions = nil })},
			want:   []string{"z", "a"},
		},
		"DeletionCost": {
			reason: "lower cost first; no annotation and one that is no number cost 0",
			pods:   []*Pod{pod("a", cost("10")), pod("b"), pod("c", cost("dear")), pod("z", cost("-5"))},
			want:   []string{"z", "b", "c", "a"},
		},
		"DeletionCostBeforeColocation": {
			reason: "the user's word counts more than the spread",
			pods:   []*Pod{pod("a", onNode("n1")), pod("b", onNode("n1")), pod("z", cost("-1"))},
			want:   []string{"z", "a", "b"},
		},
		"Colocated": {
			reason: "the node with more pods of the controller gives one up first",
			pods:   []*Pod{pod("a"), pod("y", onNode("n1")), pod("z", onNode("n1"))},
			want:   []string{"y", "z", "a"},
		},
		"ColocatedBeforeReadyTime": {
			reason: "the spread counts more than the time of being ready",
			pods: []*Pod{
				pod("a", ready("True", ago(time.Second))),
				pod("y", onNode("n1"), ready("True", ago(72*time.Hour))),
				pod("z", onNode("n1"), ready("True", ago(time.Hour))),
			},
			want: []string{"z", "y", "a"},
		},
		"ReadyTime": {
			reason: "ready for a shorter time first",
			pods:   []*Pod{pod("a"), pod("z", ready("True", ago(time.Minute)))},
			want:   []string{"z", "a"},
		},
		"ReadyTimeBucket": {
			reason: "times whose logarithms are the same count as equal, so the next rules decide",
			pods: []*Pod{
				pod("a", ready("True", ago(3600*time.Second))),
				pod("z", ready("True", ago(3700*time.Second)), restarted(1)),
			},
			want: []string{"z", "a"},
		},
		"ReadyTimeUnknown": {
			reason: "a ready pod of which nobody knows since when goes first",
			pods:   []*Pod{pod("a", ready("True", ago(-time.Minute))), pod("z", ready("True", sdk.Time{}))},
			want:   []string{"z", "a"},
		},
		"Restarts": {
			reason: "the highest count of one container decides, not the sum",
			pods:   []*Pod{pod("a", restarted(2, 2, 2)), pod("z", restarted(0, 3))},
			want:   []string{"z", "a"},
		},
		"SidecarRestarts": {
			reason: "restarts of sidecars break the tie; those of plain init containers do not",
			pods:   []*Pod{pod("a", initRestarted("", 9)), pod("z", initRestarted("Always", 1))},
			want:   []string{"z", "a"},
		},
		"RestartsBeforeCreation": {
			reason: "restarts count more than age",
			pods:   []*Pod{pod("a", created(ago(time.Second))), pod("z", restarted(1))},
			want:   []string{"z", "a"},
		},
		"Creation": {
			reason: "younger first",
			pods:   []*Pod{pod("a"), pod("z", created(ago(time.Minute)))},
			want:   []string{"z", "a"},
		},
		"CreationBucket": {
			reason: "of about the same age: by uid, which is as good as random",
			pods:   []*Pod{pod("b", created(ago(3600*time.Second))), pod("a", created(ago(3700*time.Second)))},
			want:   []string{"a", "b"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// Keep the extra pod, which sorts last, so that everything else is chosen in order.
			last := pod("last", cost("2147483647"))
			pods := append(slices.Clone(tt.pods), last)
			got := names(firstToDelete(pods, onNodes(pods), len(tt.pods), now))
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s:\nfirstToDelete(%v) = %v, want %v", tt.reason, names(tt.pods), got, tt.want)
			}
		})
	}
}

func onNodes(pods []*Pod) map[string]int {
	onNode := map[string]int{}
	for _, p := range pods {
		onNode[p.Spec.NodeName]++
	}
	return onNode
}

func TestActive(t *testing.T) {
	tests := map[string]struct {
		pod  *Pod
		want bool
	}{
		"Running":   {pod("a"), true},
		"Pending":   {pod("a", inPhase(phasePending)), true},
		"New":       {pod("a", inPhase("")), true},
		"Unknown":   {pod("a", inPhase("Unknown")), true},
		"Succeeded": {pod("a", inPhase(phaseSucceeded)), false},
		"Failed":    {pod("a", inPhase(phaseFailed)), false},
		"Deleting":  {pod("a", deletedAt(ago(-30*time.Second))), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.pod.active(); got != tt.want {
				t.Errorf("active() of a pod in phase %q = %t, want %t", tt.pod.Status.Phase, got, tt.want)
			}
		})
	}
}

func TestAgeBucket(t *testing.T) {
	tests := map[string]struct {
		age  time.Duration
		want int64
	}{
		"Future":    {age: -time.Second, want: -1},
		"Now":       {age: 0, want: -1},
		"One":       {age: 1, want: 0},
		"PowerOf2":  {age: 1 << 30, want: 30},
		"JustBelow": {age: 1<<30 - 1, want: 29},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ageBucket(now.Add(-tt.age), now); got != tt.want {
				t.Errorf("ageBucket(%v ago) = %d, want %d", tt.age, got, tt.want)
			}
		})
	}
	if got := ageBucket(time.Time{}, now); got != -2 {
		t.Errorf("ageBucket(zero time) = %d, want -2", got)
	}
}

func names(pods []*Pod) []string {
	names := make([]string, len(pods))
	for i, p := range pods {
		names[i] = p.Name
	}
	return names
}
