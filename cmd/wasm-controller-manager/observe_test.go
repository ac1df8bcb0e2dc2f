// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// wantedSeries are what dashboards and alerts count on, after some reconciles
// of a healthy plugin.
var wantedSeries = []string{
	`workqueue_adds_total{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`workqueue_depth{controller="replicationcontroller-controller",name="replicationcontroller-controller",priority=""}`,
	`workqueue_queue_duration_seconds_count{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`workqueue_work_duration_seconds_count{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`workqueue_unfinished_work_seconds{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`workqueue_longest_running_processor_seconds{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`workqueue_retries_total{controller="replicationcontroller-controller",name="replicationcontroller-controller"}`,
	`controller_runtime_reconcile_total{controller="replicationcontroller-controller",result="success"}`,
	`controller_runtime_reconcile_errors_total{controller="replicationcontroller-controller"}`,
	`controller_runtime_terminal_reconcile_errors_total{controller="replicationcontroller-controller"}`,
	`controller_runtime_reconcile_panics_total{controller="replicationcontroller-controller"}`,
	`controller_runtime_reconcile_time_seconds_count{controller="replicationcontroller-controller"}`,
	`controller_runtime_max_concurrent_reconciles{controller="replicationcontroller-controller"}`,
	`controller_runtime_active_workers{controller="replicationcontroller-controller"}`,
	`rest_client_requests_total{code="201",host="HOST",method="POST"}`,
	`rest_client_request_duration_seconds_count{host="HOST",verb="POST"}`,
	`rest_client_rate_limiter_duration_seconds_count{host="HOST",verb="POST"}`,
	`leader_election_master_status{name="LEASE"}`,
	`running_managed_controllers{manager="wasm-controller-manager",name="replicationcontroller-controller"}`,
	`wcm_module_compile_seconds_count{origin="child",plugin="replicationcontroller-controller"}`,
	`wcm_plugin_state{plugin="replicationcontroller-controller",state="running"}`,
	`wcm_instances{plugin="replicationcontroller-controller"}`,
	`wcm_guest_memory_bytes{plugin="replicationcontroller-controller"}`,
	`wcm_guest_call_seconds_count{function="wcm_reconcile",plugin="replicationcontroller-controller"}`,
	`wcm_guest_traps_total{function="wcm_reconcile",plugin="replicationcontroller-controller"}`,
	`wcm_host_calls_total{operation="batch",plugin="replicationcontroller-controller",status="ok"}`,
	`wcm_wakeups_total{controller="replicationcontroller-controller",plugin="replicationcontroller-controller",result="delivered"}`,
	`wcm_wakeups_total{controller="replicationcontroller-controller",plugin="replicationcontroller-controller",result="filtered"}`,
	`wcm_cache_objects{resource="v1/pods"}`,
	`wcm_cache_bytes{resource="v1/pods"}`,
	`wcm_cache_synced{resource="v1/pods"}`,
	`wcm_cache_lists_total{resource="v1/pods"}`,
	`wcm_watch_events_total{resource="v1/pods",type="added"}`,
}

// idle are those of them that are zero when all is well and quiet.
var idle = []string{
	"workqueue_depth", "workqueue_unfinished", "workqueue_longest", "workqueue_retries", "controller_runtime_reconcile_errors",
	"controller_runtime_terminal", "controller_runtime_reconcile_panics", "controller_runtime_active", "wcm_guest_traps",
}

// TestMetrics reads /metrics, /statusz and the health checks of a process
// that has worked.
func TestMetrics(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	p := launch(t, plane.Kubeconfig(), pluginFolder(t, "plugins/replicationcontroller"), append(electionFlags(c.namespace), "--cache-dir="+t.TempDir())...)
	p.logged(elected)
	c.create("web", 3)
	c.converges()
	noise(t, c) // a change that the plugin does not read

	host := strings.TrimPrefix(plane.URL(), "https://")
	hosttest.Eventually(t, func() string {
		series := p.series()
		for _, name := range wantedSeries {
			name = strings.NewReplacer("HOST", host, "LEASE", c.namespace).Replace(name)
			value, ok := series[name]
			quiet := strings.HasPrefix(name, "workqueue_") || containsPrefix(idle, name)
			if !ok || value == "0" && !quiet || value != "0" && containsPrefix(idle, name) {
				return fmt.Sprintf("%s = %q (present: %v)", name, value, ok)
			}
		}
		return ""
	})
	if _, body := p.get("/statusz"); !strings.Contains(body, "controllers: replicationcontroller-controller") {
		t.Errorf("/statusz = %q, want the controller", body)
	}
	for _, check := range []string{"/healthz?verbose", "/livez?verbose", "/readyz?verbose"} {
		if status, body := p.get(check); status != http.StatusOK || !strings.Contains(body, "[+]ping ok") {
			t.Errorf("%s = %d %q, want 200 and the list of checks", check, status, body)
		}
	}
}

func containsPrefix(prefixes []string, text string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// noise changes a field of a pod that nobody reads.
func noise(t *testing.T, c *cluster) {
	t.Helper()
	pods := c.client.CoreV1().Pods(c.namespace)
	list, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) == 0 {
		t.Fatalf("list pods: %d, %v", len(list.Items), err)
	}
	pod := list.Items[0]
	pod.Status.Message = "noise"
	if _, err := pods.UpdateStatus(t.Context(), &pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestReadyWhenCachesAreFilled starts a process while the API server is out of
// reach: it lives, and is not ready.
func TestReadyWhenCachesAreFilled(t *testing.T) {
	plane := controlplane.Shared(t)
	proxy := startProxy(t, plane, loopback)
	proxy.stall()
	p := launch(t, proxy.kubeconfig, pluginFolder(t, "plugins/replicationcontroller"), "--leader-elect=false")
	if status, body := p.get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz = %d %q, want 200", status, body)
	}
	status, body := p.get("/readyz?verbose")
	if status != http.StatusInternalServerError || !strings.Contains(body, "[-]plugins failed") {
		t.Errorf("/readyz without an API server = %d %q, want 500 and the check", status, body)
	}
}

// TestQuarantineIsSeen has a plugin that traps for every object: the process is
// ready and says what is wrong.
func TestQuarantineIsSeen(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := t.TempDir()
	hosttest.BuildPlugin(t, "host/testdata/stamp", filepath.Join(folder, "stamp.wasm"), "main.poison=")
	limited := fmt.Appendf(nil, "grants: {resources: [{groups: [''], resources: [configmaps], verbs: ['*'], namespaces: [%s]}]}", c.namespace)
	if err := os.WriteFile(filepath.Join(folder, "stamp.yaml"), limited, 0o600); err != nil { // no others, which it may do well with
		t.Fatal(err)
	}
	p := launch(t, plane.Kubeconfig(), folder, electionFlags(c.namespace)...)
	for i := range 12 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("object-", i), Labels: map[string]string{"stamp": ""}}}
		if _, err := c.client.CoreV1().ConfigMaps(c.namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	hosttest.Eventually(t, func() string {
		if status, body := p.get("/readyz?verbose"); status != http.StatusOK || !strings.Contains(body, "[+]plugins/stamp ok: quarantined\n") {
			return fmt.Sprintf("/readyz?verbose: %d %s", status, body)
		}
		return ""
	})
	if status, body := p.get("/readyz/plugins/stamp"); status != http.StatusOK || body != "ok: quarantined" {
		t.Errorf("/readyz/plugins/stamp = %d %q, want 200 and the remark", status, body)
	}
	if _, body := p.get("/statusz"); !strings.Contains(body, "quarantine: controller stamp until ") || !strings.Contains(body, "requests trapped, the last one with: ") {
		t.Errorf("/statusz = %q, want the quarantine and why", body)
	}
	if got := p.series()[`wcm_plugin_state{plugin="stamp",state="quarantined"}`]; got != "1" {
		t.Errorf("wcm_plugin_state of quarantined = %q, want 1", got)
	}
}

// TestRefusalsAreTheHosts compares what inspect says of bad modules with what
// the host logs and records of them. The words themselves are in
// testdata/script/refusals.txtar.
func TestRefusalsAreTheHosts(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := t.TempDir()
	fixtures, err := filepath.Glob(filepath.Join(hosttest.Root(), "host/guest/testdata/*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CACHE_DIRECTORY", filepath.Join(t.TempDir(), "cache"))
	refused := map[string]string{} // what inspect says, by path
	for _, fixture := range fixtures {
		wasm, err := os.ReadFile(fixture)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, strings.ReplaceAll(filepath.Base(fixture), "_", "-"))
		if err := os.WriteFile(path, wasm, 0o600); err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), name, "inspect", path).CombinedOutput()
		if err == nil {
			_ = os.Remove(path)
			continue
		}
		refused[path] = strings.TrimPrefix(strings.TrimSpace(string(output)), name+": "+path+" ")
	}
	if len(refused) < 16 {
		t.Fatalf("inspect refuses %d fixtures, want all that are made for it", len(refused))
	}
	p := launch(t, plane.Kubeconfig(), folder, electionFlags(c.namespace)...)
	p.ready()
	p.signal(syscall.SIGTERM)
	p.ends(0) // by then the events are written, and all of the log has been read
	log := unmeasured(p.log.String())
	for path, words := range refused {
		if line := unmeasured(fmt.Sprintf("path=%q error=%q", path, words)); !strings.Contains(log, line) {
			t.Errorf("the log has no line with %s", line)
		}
	}
	recorded(t, c, refused)
}

var measures = regexp.MustCompile(`after [0-9.ms]+ \(startTimeout\), [0-9]+ fuel`)

// unmeasured leaves out of what is said of endless guests what differs from one
// time to the next: the exact time, and the fuel spent in it.
func unmeasured(text string) string {
	return measures.ReplaceAllString(text, "after a while (startTimeout), some fuel")
}

// recorded checks the events that were recorded; the API client drops what is
// too much at once.
func recorded(t *testing.T, c *cluster, refused map[string]string) {
	t.Helper()
	events, err := c.client.CoreV1().Events(metav1.NamespaceSystem).List(t.Context(), metav1.ListOptions{
		FieldSelector: "reason=PluginNotLoaded,involvedObject.name=" + c.namespace,
	})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for path, words := range refused {
		known[unmeasured("plugin "+strings.TrimSuffix(filepath.Base(path), ".wasm")+": "+path+" "+words)] = true
	}
	for _, e := range events.Items {
		message := strings.TrimPrefix(e.Message, "(combined from similar events): ")
		if e.Type != corev1.EventTypeWarning || !known[unmeasured(message)] {
			t.Errorf("event %s %q: want a warning in the words of inspect", e.Type, e.Message)
		}
	}
	if len(events.Items) == 0 {
		t.Error("no event was recorded")
	}
}
