// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) sdk.Time { return sdk.NewTime(now.Add(-d)) }

// onNode returns a pending pod on the first node, changed by edit.
func onNode(edit ...func(*Pod)) *Pod {
	p := &Pod{}
	p.Namespace, p.Name, p.UID = "default", "web", "uid-web"
	p.Spec.NodeName, p.Spec.SchedulerName, p.Spec.RestartPolicy = "hollow-0", defaultScheduler, "Always"
	p.Spec.Containers = []Container{{Name: "web", Image: "nginx"}}
	p.Status.Phase = phasePending
	for _, e := range edit {
		e(p)
	}
	return p
}

func node(name string) func(*Pod)       { return func(p *Pod) { p.Spec.NodeName = name } }
func phase(name string) func(*Pod)      { return func(p *Pod) { p.Status.Phase = name } }
func started(since sdk.Time) func(*Pod) { return func(p *Pod) { p.Status.StartTime = since } }
func image(name string) func(*Pod)      { return func(p *Pod) { p.Spec.Containers[0].Image = name } }

// deleted marks a pod as deleted since then, with a grace period.
func deleted(since, grace time.Duration) func(*Pod) {
	return func(p *Pod) {
		p.DeletionTimestamp = ago(since - grace)
		p.Hints.DeletionGracePeriodSeconds = int64(grace / time.Second)
	}
}

// exits marks a job's pod that exits after some time.
func exits(after string) func(*Pod) {
	return func(p *Pod) {
		p.Spec.RestartPolicy = "Never"
		p.Hints.Annotations.ExitAfter = after
	}
}

func TestNext(t *testing.T) {
	slow := Settings{Count: 2, Prefix: "hollow-", Bind: true, StartupDelay: "10s", TerminationDelay: "5s"}
	quick := defaults()
	manual := defaults()
	manual.Bind = false
	for _, s := range []*Settings{&slow, &quick, &manual} {
		if err := s.prepare(); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		reason   string
		settings *Settings
		pod      *Pod
		want     step
	}{
		"Unbound":       {"nobody else gives it a node", &quick, onNode(node("")), step{action: actionBind}},
		"UnboundOff":    {"a scheduler does that", &manual, onNode(node("")), step{}},
		"OtherSched":    {"it asks for a scheduler that we are not", &quick, onNode(node(""), func(p *Pod) { p.Spec.SchedulerName = "mine" }), step{}},
		"Gated":         {"it is not to be scheduled yet", &quick, onNode(node(""), func(p *Pod) { p.Spec.SchedulingGates = []Gate{{"wait"}} }), step{}},
		"UnboundGone":   {"the API server removes it by itself", &quick, onNode(node(""), deleted(0, 0)), step{}},
		"OtherNode":     {"a real kubelet runs it", &quick, onNode(node("worker-1")), step{}},
		"BeyondCount":   {"the node was ours when there were more", &quick, onNode(node("hollow-1")), step{}},
		"NotANumber":    {"the name only begins like ours", &quick, onNode(node("hollow-x")), step{}},
		"LeadingZero":   {"00 is another name than 0", &quick, onNode(node("hollow-00")), step{}},
		"Quick":         {"without delay it runs at once", &quick, onNode(), step{action: actionRun}},
		"New":           {"a pod may have no phase yet", &quick, onNode(phase("")), step{action: actionRun}},
		"Start":         {"with a delay, first its start is written down", &slow, onNode(), step{action: actionStart}},
		"Starting":      {"the rest of the delay", &slow, onNode(started(ago(4 * time.Second))), step{wait: 6 * time.Second}},
		"Started":       {"the delay is over to the second", &slow, onNode(started(ago(10 * time.Second))), step{action: actionRun}},
		"NoImage":       {"its start is written down, with the reason why it will wait", &quick, onNode(image("nginx:404")), step{action: actionStart}},
		"StillNoImage":  {"it waits for another image", &slow, onNode(image("nginx:404"), started(ago(time.Hour))), step{}},
		"ImageAtLast":   {"somebody has set one that can be pulled", &quick, onNode(started(ago(time.Hour))), step{action: actionRun}},
		"Running":       {"nothing more happens", &quick, onNode(phase(phaseRunning), started(ago(time.Hour))), step{}},
		"GivenUp":       {"its node was lost, and is back", &quick, onNode(phase(phaseRunning), func(p *Pod) { p.Status.Conditions = []Condition{{Type: "Ready", Status: "False"}} }), step{action: actionReady}},
		"Exits":         {"in a while", &quick, onNode(phase(phaseRunning), started(ago(2*time.Second)), exits("5s")), step{wait: 3 * time.Second}},
		"Exited":        {"now", &quick, onNode(phase(phaseRunning), started(ago(5*time.Second)), exits("5s")), step{action: actionFinish}},
		"ExitsAlways":   {"its containers would be restarted", &quick, onNode(phase(phaseRunning), exits("5s"), func(p *Pod) { p.Spec.RestartPolicy = "Always" }), step{}},
		"ExitsNonsense": {"a duration that is none is no reason to end", &quick, onNode(phase(phaseRunning), exits("soon")), step{}},
		"Finished":      {"a finished pod stays", &quick, onNode(phase(phaseSucceeded)), step{}},
		"Deleted":       {"without delay it ends at once", &quick, onNode(phase(phaseRunning), deleted(0, 30*time.Second)), step{action: actionRemove}},
		"Ending":        {"the rest of the delay", &slow, onNode(phase(phaseRunning), deleted(2*time.Second, 30*time.Second)), step{wait: 3 * time.Second}},
		"Ended":         {"the delay is over", &slow, onNode(phase(phaseRunning), deleted(5*time.Second, 30*time.Second)), step{action: actionRemove}},
		"GraceOver":     {"the grace period is shorter than the delay", &slow, onNode(phase(phaseRunning), deleted(time.Second, time.Second)), step{action: actionRemove}},
		"FinishedGone":  {"also a finished pod is waiting for its kubelet", &quick, onNode(phase(phaseSucceeded), deleted(0, 0)), step{action: actionRemove}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.settings.next(tt.pod, now); got != tt.want {
				t.Errorf("%s: next(%+v) = %+v, want %+v", tt.reason, tt.pod, got, tt.want)
			}
		})
	}
}

func TestSettingsPrepare(t *testing.T) {
	tests := map[string]struct {
		edit func(*Settings)
		want string
	}{
		"Defaults": {func(*Settings) {}, ""},
		"None":     {func(s *Settings) { s.Count = 0 }, "count is 0, expected 1 to 128"},
		"TooMany":  {func(s *Settings) { s.Count = 129 }, "count is 129, expected 1 to 128"},
		"Nameless": {func(s *Settings) { s.Prefix = "" }, "prefix is empty, expected the start of a node's name"},
		"NoUnit":   {func(s *Settings) { s.StartupDelay = "5" }, `startupDelay is "5", expected a duration such as 2s: time: missing unit in duration "5"`},
		"Negative": {func(s *Settings) { s.TerminationDelay = "-1s" }, `terminationDelay is "-1s", expected a duration such as 2s: negative`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := defaults()
			tt.edit(&s)
			got := ""
			if err := s.prepare(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("prepare(%+v): error %q, want %q", s, got, tt.want)
			}
		})
	}
}

func TestPodAddress(t *testing.T) {
	first, second := podAddress(3, "uid", 0), podAddress(3, "uid", 1)
	if first.As4()[0] != 10 || first.As4()[1] != 131 {
		t.Errorf("podAddress(3, …) = %v, want one in 10.131.0.0/16", first)
	}
	if first.Next() != second {
		t.Errorf("podAddress at attempts 0 and 1 = %v and %v, want neighbours", first, second)
	}
	if podAddress(3, "uid", 0) != first || podAddress(3, "other", 0) == first {
		t.Error("podAddress must depend on the uid, and on nothing but its parameters")
	}
}
